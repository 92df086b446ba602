package dev.leat.examples;

import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Reply;
import dev.leat.Retry;
import java.time.Duration;

/** A payment that is taken once, however often it is asked for. */
public final class Payments {
  /** What is paid. */
  public record Payment(String id, int cents) {}

  private Payments() {}

  /** Asks twice for the same, and returns both answers' payloads. */
  public static String[] run() {
    try (Leat leat = Leat.connect("memory:")) {
      // snippet payments
      leat.worker("payments")
          .on(
              "payment.take",
              Payment.class,
              (payment, request) ->
                  Reply.created("/payments/" + payment.id(), payment)
                      .andSend("ledger", "entry.add", payment),
              Handling.retrying(Retry.times(5).unless(IllegalArgumentException.class))
                  .withTimeout(Duration.ofSeconds(10))
                  .idempotent())
          .start();
      // end
      return new String[] {take(leat), take(leat)};
    }
  }

  private static String take(Leat leat) {
    Message reply =
        leat.caller()
            .with(Headers.of(Headers.IDEMPOTENCY_KEY, "order-7"))
            .call(
                "payments",
                "payment.take",
                new Payment("7", 1_200),
                Message.class,
                Duration.ofSeconds(20));
    return reply.headers().get(Headers.HTTP_HEADER + "idempotent-replayed").orElse("first")
        + " "
        + reply.payload().asText();
  }
}

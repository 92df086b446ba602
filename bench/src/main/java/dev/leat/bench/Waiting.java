package dev.leat.bench;

import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.MessageId;
import dev.leat.Payload;
import dev.leat.Telemetry;
import dev.leat.Topic;
import dev.leat.caller.CallListener;
import dev.leat.caller.PendingCalls;
import dev.leat.caller.Target;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** What a call costs that waits for its reply: calls that nobody answers, over a Redis. */
public final class Waiting {
  private static final int CALLS = 100_000;

  /** Of a portion the server has all before the next is sent. */
  private static final int PORTION = 1_000;

  private Waiting() {}

  /** {@code URL} of a server with nothing on it; prints bytes for each call. */
  public static void main(String... arguments) {
    try (Leat leat = Leat.connect(arguments[0])) {
      PendingCalls calls =
          onLoop(
              leat,
              () ->
                  new PendingCalls(
                      leat.broker(),
                      leat.loop(),
                      MessageId.secure(leat.loop().clock()),
                      "waiting",
                      "bench",
                      Telemetry.NONE));
      call(leat, calls, PORTION);
      long before = used();
      call(leat, calls, CALLS);
      long after = used();
      if (calls.size() != CALLS + PORTION) {
        throw new IllegalStateException("not all of them wait");
      }
      System.out.println(
          "ready: %d calls wait, %d bytes each".formatted(CALLS, (after - before) / CALLS));
    }
  }

  private static void call(Leat leat, PendingCalls calls, int number) {
    Target target = Target.of(Topic.of("nobody"), "nothing");
    Payload payload = Payload.json(Body.of(50));
    for (int done = 0; done < number; done += PORTION) {
      onLoop(
          leat,
          () -> {
            for (int i = 0; i < PORTION; i++) {
              calls.call(
                  calls.nextId(),
                  target,
                  Headers.of(Headers.HTTP_METHOD, "POST", Headers.HTTP_PATH, "/nothing"),
                  payload,
                  leat.loop().clock().instant().plus(Duration.ofHours(1)),
                  new Nobody());
            }
            return true;
          });
      leat.broker().health(Topic.of("nobody").incoming()).toCompletableFuture().join();
    }
  }

  private static <T> T onLoop(Leat leat, Supplier<T> action) {
    return CompletableFuture.supplyAsync(action, leat.loop()).join();
  }

  /** What is still used once what is not has been collected. */
  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** An exchange would hold its request and response besides, which HTTP costs without us too. */
  private static final class Nobody implements CallListener {
    @Override
    public void onReply(Message reply) {
      throw new IllegalStateException("somebody answered");
    }

    @Override
    public void onFailure(LeatException failure) {
      throw new IllegalStateException(failure);
    }
  }
}

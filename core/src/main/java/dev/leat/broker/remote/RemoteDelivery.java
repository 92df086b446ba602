package dev.leat.broker.remote;

import dev.leat.Durations;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.broker.Completion;
import dev.leat.broker.Delivery;
import dev.leat.wire.RecordReader;
import dev.leat.wire.RecordWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A delivery that ends with the session that it came over: then others have the message. */
final class RemoteDelivery implements Delivery {
  private final Session session;
  private final Supplier<@Nullable LeatException> away;
  private final long number;
  private final Message message;
  private final String entryId;
  private final int attempt;
  private final Instant acceptedAt;

  private RemoteDelivery(
      Session session,
      Supplier<@Nullable LeatException> away,
      long number,
      Message message,
      String entryId,
      int attempt,
      Instant acceptedAt) {
    this.session = session;
    this.away = away;
    this.number = number;
    this.message = message;
    this.entryId = entryId;
    this.attempt = attempt;
    this.acceptedAt = acceptedAt;
  }

  static RemoteDelivery read(
      RecordReader in, Session session, Supplier<@Nullable LeatException> away) {
    return new RemoteDelivery(
        session,
        away,
        in.number(),
        in.message(),
        in.text(),
        (int) in.number(),
        Instant.ofEpochMilli(in.number()));
  }

  @Override
  public Message message() {
    return message;
  }

  @Override
  public String entryId() {
    return entryId;
  }

  @Override
  public int attempt() {
    return attempt;
  }

  @Override
  public Instant acceptedAt() {
    return acceptedAt;
  }

  @Override
  public CompletionStage<Boolean> complete(Completion completion) {
    return ask(Frame.COMPLETE, out -> Records.write(out, completion));
  }

  @Override
  public CompletionStage<Boolean> release(Duration delay) {
    return ask(Frame.RELEASE, out -> Records.write(out, Durations.bounded(delay)));
  }

  @Override
  public CompletionStage<Boolean> decline(Duration delay) {
    return ask(Frame.DECLINE, out -> Records.write(out, Durations.bounded(delay)));
  }

  @Override
  public CompletionStage<Boolean> extend() {
    return ask(Frame.EXTEND, out -> {});
  }

  private CompletionStage<Boolean> ask(Frame frame, Consumer<RecordWriter> writer) {
    if (session.hasEnded()) {
      LeatException still = away.get();
      return still == null
          ? CompletableFuture.completedStage(false)
          : CompletableFuture.failedStage(still);
    }
    return session.ask(
        frame,
        out -> {
          out.number(number);
          writer.accept(out);
        },
        Records::readBoolean);
  }
}

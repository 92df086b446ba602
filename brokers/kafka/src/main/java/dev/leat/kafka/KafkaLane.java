package dev.leat.kafka;

import dev.leat.Message;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Batcher;
import dev.leat.broker.BrokenEntry;
import dev.leat.broker.Cancellation;
import dev.leat.broker.EventLoop;
import dev.leat.broker.HandOverGate;
import dev.leat.broker.Lane;
import dev.leat.broker.ReplyListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A lane: it sends by the producer of all, and has its replies from the reader of all. */
final class KafkaLane implements Lane {
  private final KafkaBroker broker;
  private final ReplyReader reader;
  private final EventLoop loop;
  private final String name;
  private final String address;
  private final Batcher<Message> arrived;
  private final Batcher<Runnable> told;
  private final Consumer<BrokenEntry> onBroken;
  private final HandOverGate gate = new HandOverGate();

  // Confined to the loop.
  private final List<Runnable> waiting = new ArrayList<>();
  private boolean isBegun;

  KafkaLane(
      KafkaBroker broker, ReplyReader reader, EventLoop loop, String name, ReplyListener replies) {
    this.broker = broker;
    this.reader = reader;
    this.loop = loop;
    this.name = name;
    this.address = reader.address(name).toString();
    this.arrived =
        new Batcher<>(
            loop,
            batch -> {
              boolean unused = Listeners.call(() -> gate.whileOpen(() -> replies.onReplies(batch)));
            },
            late -> {});
    this.told = new Batcher<>(loop, all -> all.forEach(Runnable::run), Runnable::run);
    this.onBroken = replies::onBroken;
    reader.add(name, this);
    // Also where it fails: then the broker is closed, and says so.
    var unused = reader.begun().whenComplete((done, failure) -> told.add(this::begin));
  }

  @Override
  public String replyAddress(Topic topic) {
    return address;
  }

  @Override
  public CompletionStage<List<String>> append(List<Append> batch) {
    CompletableFuture<List<String>> told = new CompletableFuture<>();
    if (isBegun) {
      send(batch, told);
    } else {
      // Its reply would come before replies are read.
      waiting.add(() -> send(batch, told));
    }
    return told;
  }

  private void send(List<Append> batch, CompletableFuture<List<String>> told) {
    var unused =
        broker
            .append(batch)
            .whenComplete((ids, failure) -> this.told.add(() -> tell(told, ids, failure)));
  }

  private void begin() {
    isBegun = true;
    waiting.forEach(Runnable::run);
    waiting.clear();
  }

  private static void tell(
      CompletableFuture<List<String>> told,
      @Nullable List<String> ids,
      @Nullable Throwable failure) {
    if (failure == null && ids != null) {
      told.complete(ids);
    } else {
      told.completeExceptionally(
          KafkaFailures.of(failure == null ? new IllegalStateException("nothing") : failure));
    }
  }

  @Override
  public CompletionStage<?> cancel(Topic topic, Cancellation cancelled) {
    return append(List.of(broker.cancelled(topic).append(cancelled, name)));
  }

  /** From the reader's thread. */
  void arrived(List<Message> batch) {
    arrived.addAll(batch);
  }

  void broken(BrokenEntry entry) {
    loop.execute(
        () -> {
          boolean unused = gate.whileOpen(() -> onBroken.accept(entry));
        });
  }

  @Override
  public void close() {
    gate.close();
    reader.remove(name, this);
  }
}

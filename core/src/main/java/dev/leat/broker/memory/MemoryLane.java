package dev.leat.broker.memory;

import dev.leat.Message;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Batcher;
import dev.leat.broker.Cancellation;
import dev.leat.broker.Entry;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Lane;
import dev.leat.broker.ReplyListener;
import dev.leat.broker.Subscription;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A lane whose messages change threads once: requests from its loop to whoever works on them, and
 * replies back from there. Hot path: what is appended in one turn of the loop is handed over at its
 * end, together.
 */
final class MemoryLane implements Lane {
  private final MemoryBroker broker;
  private final EventLoop loop;
  private final String name;
  private final MemoryStream stream;
  private final Subscription replies;
  private final Batcher<Message> arrived;

  /** What is told once it is on the disk. */
  private final Batcher<Runnable> answered;

  /** What was appended to in this turn; confined to the loop. */
  private final Set<MemoryStream> appendedTo = new LinkedHashSet<>();

  MemoryLane(
      MemoryBroker broker,
      EventLoop loop,
      String name,
      MemoryStream stream,
      ReplyListener listener) {
    this.broker = broker;
    this.loop = loop;
    this.name = name;
    this.stream = stream;
    this.answered = new Batcher<>(loop, all -> all.forEach(Runnable::run), Runnable::run);
    this.arrived = new Batcher<>(loop, listener::onReplies, late -> {});
    this.replies = stream.follow(Position.NOW, this::onEntries);
    replies.request(Integer.MAX_VALUE);
  }

  @Override
  public String replyAddress(Topic topic) {
    return stream.key();
  }

  @Override
  public CompletionStage<?> cancel(Topic topic, Cancellation cancelled) {
    return append(List.of(broker.cancelled(topic).append(cancelled, name)));
  }

  @Override
  public CompletionStage<List<String>> append(List<Append> batch) {
    CompletionStage<List<String>> asked =
        loop.inLoop() ? broker.append(batch, this::handOverSoon) : broker.append(batch);
    if (!broker.journal().keeps()) {
      return asked;
    }
    CompletableFuture<List<String>> told = new CompletableFuture<>();
    var unused = asked.whenComplete((ids, failure) -> answered.add(() -> tell(told, ids, failure)));
    return told;
  }

  private static void tell(
      CompletableFuture<List<String>> told, List<String> ids, @Nullable Throwable failure) {
    if (failure == null) {
      told.complete(ids);
    } else {
      told.completeExceptionally(failure);
    }
  }

  @Override
  public void close() {
    replies.close();
    broker.end(stream);
  }

  private void onEntries(List<Entry> batch) {
    arrived.addAll(batch.stream().map(Entry::message).toList());
  }

  private void handOverSoon(MemoryStream stream) {
    if (appendedTo.isEmpty()) {
      loop.execute(this::handOver);
    }
    appendedTo.add(stream);
  }

  private void handOver() {
    List<MemoryStream> streams = List.copyOf(appendedTo);
    appendedTo.clear();
    streams.forEach(MemoryStream::handOver);
  }
}

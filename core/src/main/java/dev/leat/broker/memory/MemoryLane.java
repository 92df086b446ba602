package dev.leat.broker.memory;

import dev.leat.Message;
import dev.leat.Position;
import dev.leat.broker.Append;
import dev.leat.broker.Entry;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Lane;
import dev.leat.broker.ReplyListener;
import dev.leat.broker.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/** A lane whose replies change threads once: from whoever completed them to the lane's loop. */
final class MemoryLane implements Lane {
  private final MemoryBroker broker;
  private final EventLoop loop;
  private final String replyStream;
  private final ReplyListener listener;
  private final Subscription replies;
  private final ConcurrentLinkedQueue<Message> arrived = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();

  MemoryLane(MemoryBroker broker, EventLoop loop, String replyStream, ReplyListener listener) {
    this.broker = broker;
    this.loop = loop;
    this.replyStream = replyStream;
    this.listener = listener;
    this.replies = broker.tail(replyStream, Position.NOW, this::onEntries);
    replies.request(Integer.MAX_VALUE);
  }

  @Override
  public String replyStream() {
    return replyStream;
  }

  @Override
  public CompletionStage<List<String>> append(List<Append> batch) {
    return broker.append(batch);
  }

  @Override
  public void close() {
    replies.close();
    broker.forget(replyStream);
  }

  private void onEntries(List<Entry> batch) {
    batch.forEach(entry -> arrived.add(entry.message()));
    // What arrives before the loop comes round goes over in one turn.
    if (scheduled.compareAndSet(false, true)) {
      loop.execute(this::handOver);
    }
  }

  private void handOver() {
    scheduled.set(false);
    List<Message> batch = new ArrayList<>();
    for (Message reply = arrived.poll(); reply != null; reply = arrived.poll()) {
      batch.add(reply);
    }
    if (!batch.isEmpty()) {
      listener.onReplies(batch);
    }
  }
}

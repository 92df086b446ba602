package dev.leat.broker;

import dev.leat.Topic;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * A sender's way in and its replies' way out, both on one event loop.
 *
 * <p>Used on its loop alone, and everything it reports happens there. What is appended within one
 * turn of the loop may go to the broker in one write.
 */
public interface Lane extends AutoCloseable {
  /**
   * What a request to a topic names as its destination, for its reply to come back to this lane.
   * Hot path.
   *
   * @throws dev.leat.Unsupported if the broker lacks {@link Capability#REPLIES}
   */
  String replyAddress(Topic topic);

  /**
   * Appends messages, in order.
   *
   * <p>The result has the id of each new entry; it is empty for a reply to a lane that is gone,
   * which is dropped. It fails with {@link dev.leat.StreamFull}, {@link dev.leat.BrokerUnavailable}
   * or {@link dev.leat.BadMessage}; of a batch of several, others than the one that failed may have
   * been appended.
   */
  CompletionStage<List<String>> append(List<Append> batch);

  /**
   * Tells the workers of a topic that nobody waits for the reply to a request any more. Those of a
   * broker without {@link Capability#CANCELLATION} are not told, which is no failure: they do work
   * that nobody needs.
   */
  CompletionStage<?> cancel(Topic topic, Cancellation cancelled);

  /** Ends it, and with it its reply stream: later replies are lost. */
  @Override
  void close();
}

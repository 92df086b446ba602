package dev.leat.broker;

import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * A sender's way in and its replies' way out, both on one event loop.
 *
 * <p>Used on its loop alone, and everything it reports happens there. What is appended within one
 * turn of the loop may go to the broker in one write.
 */
public interface Lane extends AutoCloseable {
  /** Key of the private stream that replies to this lane come back on. */
  String replyStream();

  /**
   * Appends messages, in order.
   *
   * <p>The result has the id of each new entry; it is empty for a reply to a lane that is gone,
   * which is dropped. It fails with {@link dev.leat.StreamFull}, {@link dev.leat.BrokerUnavailable}
   * or {@link dev.leat.BadMessage}; of a batch of several, others than the one that failed may have
   * been appended.
   */
  CompletionStage<List<String>> append(List<Append> batch);

  /** Ends it, and with it its reply stream: later replies are lost. */
  @Override
  void close();
}

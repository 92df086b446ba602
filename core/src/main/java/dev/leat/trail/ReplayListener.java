package dev.leat.trail;

import dev.leat.Message;
import dev.leat.wire.ReplyComparison.Difference;
import java.util.List;

/** Hears how a replay goes, on the thread that runs it. */
public interface ReplayListener {
  /**
   * How far it is; many times a second.
   *
   * @param sent of its requests, by anybody
   * @param compared replies that were compared
   */
  default void onProgress(long sent, long requests, long compared) {}

  /**
   * For some seconds nothing could be sent.
   *
   * @param open that a group of the topic has not completed
   */
  default void onHeldBack(long open) {}

  /**
   * A reply is not as it was.
   *
   * @param recordedId of the request that is recorded
   * @param type of the request
   * @param reply that came now
   */
  default void onDifference(
      String recordedId, String type, Message reply, List<Difference> differences) {}

  /**
   * There was no reply.
   *
   * @param recordedId of the request that is recorded
   * @param id with which it was sent again
   */
  default void onUnanswered(String recordedId, String id, String type) {}
}

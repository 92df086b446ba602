package dev.leat;

/**
 * Takes an answer part by part. For the thread of the handler that writes it.
 *
 * @see Reply#inParts(PartWriter)
 */
@FunctionalInterface
public interface PartSink {
  /**
   * Sends a part. Blocks while whoever asked is behind: a reader that is slow slows its writer
   * down.
   *
   * @param part as {@link Handler#handle} may return it, but not a {@link Reply}
   * @throws Cancelled if nobody reads any more, or the thread was interrupted
   * @throws StreamFull if the stream of replies takes no more
   * @throws BrokerUnavailable if the broker does not answer
   * @throws IllegalArgumentException if a part is larger than a reply may be
   * @throws IllegalStateException if the answer has ended
   */
  void write(Object part);
}

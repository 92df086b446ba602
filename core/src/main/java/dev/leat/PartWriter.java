package dev.leat;

/** Writes an answer part by part, on the thread of the handler that returned it. */
@FunctionalInterface
public interface PartWriter {
  /**
   * Writes all parts, in order. The answer ends when this returns.
   *
   * @throws Exception for whatever reason; whoever asked has had the parts until then and is told
   *     that the rest will not come
   */
  void writeTo(PartSink sink) throws Exception;
}

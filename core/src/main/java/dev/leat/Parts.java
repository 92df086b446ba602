package dev.leat;

import java.util.Iterator;

/**
 * The parts of an answer, in order and each once, as they come. One thread reads them; it may
 * block, and must not be an event loop's.
 *
 * <pre>{@code
 * try (Parts<Row> rows = caller.stream("reports", "report.rows", query, Row.class, TIMEOUT)) {
 *   while (rows.hasNext()) {
 *     print(rows.next());
 *   }
 * }
 * }</pre>
 *
 * <p>Who does not read holds the writer up, as long as the deadline lets it.
 *
 * @param <R> what a part is read into
 */
public interface Parts<R> extends Iterator<R>, AutoCloseable {
  /**
   * Waits for the next part, or for the end.
   *
   * @return whether there is a part
   * @throws HandlerFailed if the handler failed; parts before that have been given out
   * @throws DeadlineExceeded if the answer did not end in time
   * @throws BadReply if a part cannot be read into what was asked for
   * @throws BrokerUnavailable if the broker does not answer
   * @throws Cancelled if the waiting thread was interrupted, or the caller closed
   */
  @Override
  boolean hasNext();

  /** The next part; see {@link #hasNext} for what is thrown. */
  @Override
  R next();

  /**
   * Nobody reads any more: a handler that still writes is interrupted. Harmless once it has ended.
   */
  @Override
  void close();
}

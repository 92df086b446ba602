package dev.leat.broker.memory;

import dev.leat.broker.BrokerUrl;
import java.util.HashSet;
import java.util.Set;

/**
 * How much one stream may hold.
 *
 * @param entries messages
 * @param bytes of their payloads together
 * @param history messages kept, for looking at, of those that all groups have completed
 * @param answers bytes that the answers may take which idempotent handlers are remembered by
 */
record Limits(int entries, long bytes, int history, long answers) {
  private static final String ENTRIES = "entries";
  private static final String BYTES = "bytes";
  private static final String HISTORY = "history";
  private static final String ANSWERS = "answers";

  /**
   * A few seconds' work at the rate one process can do, in a heap of a few hundred megabytes. The
   * history is short, since what lives for seconds is what a garbage collector copies most: with
   * 65,536 its pauses were 15 ms at 33,000 requests per second.
   */
  private static final Limits DEFAULT = new Limits(65_536, 64L << 20, 1_024, 64L << 20);

  private static final Limits OF_FILES = new Limits(2_000_000, 256L << 20, 1_024, 64L << 20);

  private static final Set<String> OPTIONS = Set.of(ENTRIES, BYTES, HISTORY, ANSWERS);

  static Limits of(BrokerUrl url) {
    url.refuseOptionsBut(OPTIONS);
    return of(url, DEFAULT);
  }

  /** Of a broker whose streams outlive it, and so may wait for a worker that comes tomorrow. */
  static Limits ofFile(BrokerUrl url) {
    Set<String> known = new HashSet<>(OPTIONS);
    known.addAll(FileOptions.NAMES);
    url.refuseOptionsBut(known);
    return of(url, OF_FILES);
  }

  private static Limits of(BrokerUrl url, Limits otherwise) {
    return new Limits(
        Math.toIntExact(url.number(ENTRIES, otherwise.entries, 1, Integer.MAX_VALUE)),
        url.number(BYTES, otherwise.bytes, 1, Long.MAX_VALUE),
        Math.toIntExact(url.number(HISTORY, otherwise.history, 0, Integer.MAX_VALUE)),
        url.number(ANSWERS, otherwise.answers, 1, Long.MAX_VALUE));
  }
}

package dev.leat.kafka;

import dev.leat.broker.Membership;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What of a partition a group has completed: all below an offset, and some beyond it. The offset is
 * what is committed, and the rest stands in the commit's metadata, as the lengths of what is not,
 * and is, completed, in turn: after {@code 1:1,3} one is not, then three are; and behind {@code ;}
 * how often others were handed over, and with a {@code d} and a time those that nobody is at until
 * then: {@code ;0*2dmhy7q2o0}. Before the colon stands what the group keeps to: {@code l} if it
 * only listens, {@code o} if it keeps order by key, and how many partitions there were when it
 * began. One thread.
 */
final class PartitionProgress {
  /** Signs of metadata that brokers take if they are not told otherwise: 4,096 bytes. */
  private static final int MOST_SIGNS = 4_040;

  /** More are not begun: two numbers of some digits are in each. */
  private static final int MOST_RUNS = 400;

  private static final char ATTEMPTS = ';';
  private static final char LATER = 'd';
  private static final int RADIX = 36;

  private static final Pattern VERSION = Pattern.compile("1(l?)(o?)(?:p([0-9]{1,9}))?:");

  private long next;
  private boolean listens;
  private boolean ordered;

  /** Of the topic, when its group began; the largest number where it is not known. */
  private int partitions = Integer.MAX_VALUE;

  /** Offset that is fetched next, unless some are not there. */
  private long expected;

  /** Beginnings of runs that are completed, with what follows their ends. */
  private final TreeMap<Long, Long> runs = new TreeMap<>();

  /** How often those were handed over that are not completed. */
  private final TreeMap<Long, Integer> attempts = new TreeMap<>();

  /** Of these, which nobody is at, and until when; epoch milliseconds. */
  private final TreeMap<Long, Long> waiting = new TreeMap<>();

  /** Nothing below an offset is to be done. */
  PartitionProgress(long next) {
    this.next = next;
    this.expected = next;
  }

  /** As it was committed; what cannot be read of it counts as not completed. */
  static PartitionProgress read(long committed, String metadata) {
    PartitionProgress progress = new PartitionProgress(committed);
    Matcher version = VERSION.matcher(metadata);
    if (version.lookingAt()) {
      progress.listens = !version.group(1).isEmpty();
      progress.ordered = !version.group(2).isEmpty();
      String many = version.group(3);
      progress.partitions = many == null ? Integer.MAX_VALUE : Integer.parseInt(many);
      try {
        int begin = version.end();
        int end = metadata.indexOf(ATTEMPTS);
        progress.readRuns(metadata.substring(begin, end < 0 ? metadata.length() : end));
        if (end >= 0) {
          progress.readAttempts(metadata.substring(end + 1));
        }
      } catch (NumberFormatException foreign) {
        progress.runs.clear();
        progress.attempts.clear();
        progress.waiting.clear();
      }
    }
    return progress;
  }

  /** The same, to be changed by itself. */
  PartitionProgress copy() {
    PartitionProgress copy = new PartitionProgress(next);
    copy.listens = listens;
    copy.ordered = ordered;
    copy.partitions = partitions;
    copy.expected = expected;
    copy.runs.putAll(runs);
    copy.attempts.putAll(attempts);
    copy.waiting.putAll(waiting);
    return copy;
  }

  private void readRuns(String text) {
    long at = next;
    if (text.isEmpty()) {
      return;
    }
    boolean isDone = false;
    for (String length : text.split(",", -1)) {
      long many = Long.parseLong(length);
      if (isDone && many > 0) {
        runs.put(at, at + many);
      }
      at += many;
      isDone = !isDone;
    }
  }

  private void readAttempts(String text) {
    for (String one : text.split(",", -1)) {
      int times = one.indexOf('*');
      if (times < 0) {
        throw new NumberFormatException(one);
      }
      long offset = next + Long.parseLong(one.substring(0, times));
      int later = one.indexOf(LATER, times);
      attempts.put(
          offset, Integer.parseInt(one.substring(times + 1, later < 0 ? one.length() : later)));
      if (later >= 0) {
        waiting.put(offset, Long.parseLong(one.substring(later + 1), RADIX));
      }
    }
  }

  /** Whether its group only listens, and answers nobody. */
  boolean listens() {
    return listens;
  }

  /** How many partitions the topic had when the group began, as far as is known. */
  int partitions() {
    return partitions;
  }

  void partitions(int many) {
    partitions = many;
  }

  /** Whether its group keeps order by key. */
  boolean isOrdered() {
    return ordered;
  }

  /** It is as a member says from now on; whether that is new. */
  boolean keepsTo(Membership membership) {
    boolean isNew = listens == membership.answers() || ordered != membership.ordered();
    listens = !membership.answers();
    ordered = membership.ordered();
    return isNew;
  }

  /** How often one was handed over, as far as that was written down. */
  int attempts(long offset) {
    return attempts.getOrDefault(offset, 0);
  }

  /** One was handed over so often. */
  void handed(long offset, int times) {
    waiting.remove(offset);
    if (times > 0) {
      attempts.put(offset, times);
    } else {
      attempts.remove(offset);
    }
  }

  /** One was given back, after so many attempts, for a time; epoch milliseconds. */
  void waits(long offset, int times, long due) {
    attempts.put(offset, times);
    waiting.put(offset, due);
  }

  /** Whoever was at it is not there any more; whether anybody was. */
  boolean isLeft() {
    attempts.keySet().forEach(offset -> waiting.put(offset, 0L));
    return !attempts.isEmpty();
  }

  /** Whether somebody is at it. */
  boolean isHeld(long offset) {
    return attempts.containsKey(offset) && !waiting.containsKey(offset);
  }

  /** How many somebody is at, of those below an offset. */
  long held(long end) {
    return attempts.headMap(end).keySet().stream().filter(this::isHeld).count();
  }

  /** Until when nobody is at it; none where somebody is, or nobody was yet. */
  OptionalLong due(long offset) {
    Long due = waiting.get(offset);
    return due == null ? OptionalLong.empty() : OptionalLong.of(due);
  }

  /** How many wait for longer than until a time, of those below an offset. */
  long delayed(long end, long now) {
    return waiting.headMap(end).values().stream().filter(due -> due > now).count();
  }

  /** The lowest that nobody was ever at. */
  long untouched() {
    long offset = next;
    while (isDone(offset) || attempts.containsKey(offset)) {
      Map.Entry<Long, Long> run = runs.floorEntry(offset);
      offset = run != null && offset < run.getValue() ? run.getValue() : offset + 1;
    }
    return offset;
  }

  /** The lowest that is not completed. */
  long next() {
    return next;
  }

  boolean isDone(long offset) {
    if (offset < next) {
      return true;
    }
    Map.Entry<Long, Long> run = runs.floorEntry(offset);
    return run != null && offset < run.getValue();
  }

  /** How many are completed from one offset to before another. */
  long completed(long from, long end) {
    long many = Math.max(0, Math.min(next, end) - from);
    for (Map.Entry<Long, Long> run : runs.entrySet()) {
      many += Math.max(0, Math.min(run.getValue(), end) - Math.max(run.getKey(), from));
    }
    return many;
  }

  /** How many are completed beyond the lowest that is not. */
  long beyond() {
    return runs.entrySet().stream().mapToLong(run -> run.getValue() - run.getKey()).sum();
  }

  /** One is completed. */
  void done(long offset) {
    attempts.remove(offset);
    waiting.remove(offset);
    done(offset, offset + 1);
  }

  /**
   * One was fetched. What was passed over before it is not there: it was too old, or it is what
   * transactions leave.
   */
  void fetched(long offset) {
    boolean unused = passed(offset);
    expected = Math.max(expected, offset + 1);
  }

  /** All that is before an offset was fetched; whether some of it was not there. */
  boolean passed(long offset) {
    boolean isMore = offset > expected;
    if (isMore) {
      done(expected, offset);
      expected = offset;
    }
    return isMore;
  }

  /** All from one offset to before another. */
  private void done(long first, long end) {
    long from = Math.max(first, next);
    long to = end;
    if (from >= to) {
      return;
    }
    Map.Entry<Long, Long> before = runs.floorEntry(from);
    if (before != null && before.getValue() >= from) {
      from = before.getKey();
      to = Math.max(to, before.getValue());
    }
    Map.Entry<Long, Long> over = runs.ceilingEntry(from);
    while (over != null && over.getKey() <= to) {
      to = Math.max(to, over.getValue());
      runs.remove(over.getKey());
      over = runs.ceilingEntry(from);
    }
    runs.put(from, to);
    advance();
  }

  /** What stands below is not there any more. */
  void skipTo(long offset) {
    if (offset > next) {
      next = offset;
      Map.Entry<Long, Long> over = runs.lowerEntry(offset);
      if (over != null && over.getValue() > offset) {
        runs.put(offset, over.getValue());
      }
      runs.headMap(offset).clear();
      attempts.headMap(offset).clear();
      waiting.headMap(offset).clear();
      advance();
    }
  }

  private void advance() {
    Map.Entry<Long, Long> first = runs.firstEntry();
    if (first != null && first.getKey() <= next) {
      next = Math.max(next, first.getValue());
      runs.remove(first.getKey());
    }
  }

  /** What is completed beyond the lowest that is not, as far as there is room. */
  private StringBuilder runs() {
    StringBuilder all = new StringBuilder();
    long at = next;
    for (Map.Entry<Long, Long> run : runs.entrySet()) {
      all.append(at == next ? "" : ",").append(run.getKey() - at);
      all.append(',').append(run.getValue() - run.getKey());
      at = run.getValue();
      if (all.length() > MOST_SIGNS) {
        // The rest would be handed over once more after a crash.
        break;
      }
    }
    return all;
  }

  /** What stands beside the committed offset. */
  String metadata() {
    StringBuilder all = new StringBuilder("1");
    all.append(listens ? "l" : "").append(ordered ? "o" : "");
    if (partitions < Integer.MAX_VALUE) {
      all.append('p').append(partitions);
    }
    all.append(':').append(runs());
    if (all.length() > MOST_SIGNS) {
      return all.toString();
    }
    char separator = ATTEMPTS;
    for (Map.Entry<Long, Integer> one : attempts.entrySet()) {
      if (all.length() > MOST_SIGNS) {
        break;
      }
      all.append(separator).append(one.getKey() - next).append('*').append(one.getValue());
      Long due = waiting.get(one.getKey());
      if (due != null) {
        all.append(LATER).append(Long.toString(due, RADIX));
      }
      separator = ',';
    }
    return all.toString();
  }

  /**
   * Whether so much is completed here and there that little more can be written down. What others
   * have completed is fetched all the same, for what is not stands between.
   */
  boolean isScattered() {
    return runs.size() > MOST_RUNS && expected >= runs.lastEntry().getValue();
  }

  /** Whether one more can be completed anywhere, and all of it be written down. */
  boolean hasRoom() {
    return runs.size() < MOST_RUNS;
  }

  /** Whether all that is completed can be written down. */
  boolean isWhole() {
    return runs.size() <= MOST_RUNS || runs().length() <= MOST_SIGNS;
  }
}

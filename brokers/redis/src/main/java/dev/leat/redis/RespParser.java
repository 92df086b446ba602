package dev.leat.redis;

import dev.leat.wire.EntryStrings;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Takes bytes as they come and hands out answers as they are complete. Confined to its connection's
 * loop.
 *
 * <p>Hot path: what was read once is not read again when more bytes come, but for the last array.
 * Arrays of nothing but strings, and entries of a stream, are not taken apart.
 */
final class RespParser {
  /** An array that is being filled. */
  private record Open(int size, List<Resp> items) {}

  private static final Resp NIL = new Resp.Nil();

  /** What stands in an array for an entry that was handed out before. */
  private static final Resp GONE = new Resp.Array(List.of());

  /** Arrays around an entry of a read: of streams, of a stream's name and entries, of entries. */
  private static final int AROUND_ENTRIES = 3;

  /** What a server says of each command of a transaction; nobody looks at it. */
  private static final Resp QUEUED = new Resp.Text("QUEUED".getBytes(StandardCharsets.US_ASCII));

  /** Bytes that there is room for at least. */
  private static final int ROOM = 1 << 13;

  private final Consumer<Resp> answers;
  private final BooleanSupplier hands;
  private final Consumer<List<RawEntry>> entries;
  private List<RawEntry> read = new ArrayList<>();
  private final ArrayDeque<Open> open = new ArrayDeque<>();
  private byte[] bytes = new byte[ROOM];
  private int from;
  private int to;

  /** Whether something that was handed out is still in there: it must not be written over. */
  private boolean lent;

  /** Where the strings are of the array that is being read. */
  private int[] bounds = new int[32];

  RespParser(Consumer<Resp> answers) {
    this(answers, () -> false, all -> {});
  }

  /**
   * A parser that may hand out what is read of a stream while the rest is on its way: else as many
   * entries as were asked for would be in memory at once, whatever their size.
   *
   * @param hands asked whether the answer that is being read is one of whose entries that is to be
   *     done
   * @param entries takes them; they are left out of the answer
   */
  RespParser(Consumer<Resp> answers, BooleanSupplier hands, Consumer<List<RawEntry>> entries) {
    this.answers = answers;
    this.hands = hands;
    this.entries = entries;
  }

  void feed(ByteBuf more) {
    int length = more.readableBytes();
    makeRoom(length);
    more.readBytes(bytes, to, length);
    to += length;
    boolean goesOn = true;
    while (goesOn) {
      goesOn = step();
    }
    handOut();
  }

  /** Reads one element, if all of it is there. */
  private boolean step() {
    int end = endOfLine(from);
    if (end < 0) {
      return false;
    }
    byte kind = bytes[from];
    switch (kind) {
      case '+' -> finish(simple(end), end + 2);
      case '-' -> finish(new Resp.Failure(line(end)), end + 2);
      case ':' -> finish(new Resp.Whole(number(from, end)), end + 2);
      case '$' -> {
        return string(end);
      }
      case '*' -> array(end);
      default -> throw new IllegalStateException("not an answer of Redis");
    }
    return true;
  }

  private boolean string(int endOfLength) {
    int length = (int) number(from, endOfLength);
    if (length < 0) {
      finish(NIL, endOfLength + 2);
      return true;
    }
    int start = endOfLength + 2;
    if (to - start < length + 2) {
      return false;
    }
    finish(new Resp.Text(Arrays.copyOfRange(bytes, start, start + length)), start + length + 2);
    return true;
  }

  private void array(int endOfLength) {
    int size = (int) number(from, endOfLength);
    from = endOfLength + 2;
    if (size < 0) {
      add(NIL);
    } else if (size == 0) {
      add(new Resp.Array(List.of()));
    } else if (!strings(size) && !(size == 2 && entry())) {
      open.push(new Open(size, new ArrayList<>(size)));
    }
  }

  /** Reads an array of nothing but strings, if it is one and all of it is there. */
  private boolean strings(int size) {
    int end = endOfStrings(from, size);
    if (end < 0) {
      return false;
    }
    finish(new Resp.Strings(found(size)), end);
    return true;
  }

  /** Reads an id and an array of nothing but strings, if it is that and all of it is there. */
  private boolean entry() {
    int end = endOfStrings(from, 1);
    int begin = bounds[0];
    int length = bounds[1] - begin;
    int endOfSize = end < 0 || end >= to || bytes[end] != '*' ? -1 : endOfLine(end);
    if (endOfSize < 0 || !isId(begin, length)) {
      return false;
    }
    int size = (int) number(end, endOfSize);
    int next = size < 0 ? -1 : endOfStrings(endOfSize + 2, size);
    if (next < 0) {
      return false;
    }
    EntryStrings strings = found(size);
    finish(new RawEntry(bytes, begin, length, strings), next);
    return true;
  }

  private boolean isId(int begin, int length) {
    for (int i = begin; i < begin + length; i++) {
      if (bytes[i] != '-' && (bytes[i] < '0' || bytes[i] > '9')) {
        return false;
      }
    }
    return true;
  }

  /** The strings whose bounds were found last. */
  private EntryStrings found(int size) {
    lent = true;
    return EntryStrings.within(bytes, Arrays.copyOf(bounds, 2 * size));
  }

  /** Finds the bounds of strings; below 0 unless there are so many, all of them there. */
  private int endOfStrings(int begin, int size) {
    // Each takes six bytes at least: a size that is a lie must not be made room for.
    if (size > (to - begin) / 6) {
      return -1;
    }
    if (bounds.length < 2 * size) {
      bounds = new int[2 * size];
    }
    int at = begin;
    for (int i = 0; i < 2 * size; i += 2) {
      if (at >= to || bytes[at++] != '$') {
        return -1;
      }
      int length = 0;
      while (at < to && bytes[at] >= '0' && bytes[at] <= '9') {
        length = 10 * length + bytes[at++] - '0';
      }
      int start = at + 2;
      if (length < 0 || to - start - 2 < length || bytes[at] != '\r') {
        return -1;
      }
      bounds[i] = start;
      bounds[i + 1] = start + length;
      at = start + length + 2;
    }
    return at;
  }

  private void finish(Resp value, int next) {
    from = next;
    add(value);
  }

  private void add(Resp value) {
    Resp complete = value;
    for (Open array = open.peek(); array != null; array = open.peek()) {
      if (open.size() == AROUND_ENTRIES && hands.getAsBoolean() && !complete.isNothing()) {
        read.add(RawEntry.of(complete));
        complete = GONE;
      }
      array.items().add(complete);
      if (array.items().size() < array.size()) {
        return;
      }
      open.pop();
      complete = new Resp.Array(array.items());
    }
    handOut();
    answers.accept(complete);
  }

  private void handOut() {
    if (!read.isEmpty()) {
      List<RawEntry> batch = read;
      read = new ArrayList<>();
      entries.accept(batch);
    }
  }

  private Resp simple(int end) {
    boolean queued = end - from == 7 && bytes[from + 1] == 'Q' && bytes[from + 2] == 'U';
    return queued ? QUEUED : new Resp.Text(Arrays.copyOfRange(bytes, from + 1, end));
  }

  /** The line as a number, without a string in between. */
  private long number(int kind, int end) {
    boolean negative = bytes[kind + 1] == '-';
    long value = 0;
    for (int i = negative ? kind + 2 : kind + 1; i < end; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        throw new IllegalStateException("not a number");
      }
      value = 10 * value + digit;
    }
    return negative ? -value : value;
  }

  private String line(int end) {
    return new String(bytes, from + 1, end - from - 1, StandardCharsets.UTF_8);
  }

  /** Where the CR of a line stands; below 0 while the line is not complete. */
  private int endOfLine(int start) {
    for (int i = start; i + 1 < to; i++) {
      if (bytes[i] == '\r' && bytes[i + 1] == '\n') {
        return i;
      }
    }
    return -1;
  }

  private void makeRoom(int more) {
    int waiting = to - from;
    if (waiting == 0 && !lent) {
      from = 0;
      to = 0;
    }
    if (bytes.length - to >= more) {
      return;
    }
    byte[] target = bytes;
    if (lent || waiting + more > bytes.length) {
      // To double what is large and not complete yet keeps it from being copied each time.
      int usual = waiting > bytes.length / 2 ? 2 * bytes.length : ROOM;
      target = new byte[Math.max(waiting + more, usual)];
      lent = false;
    }
    System.arraycopy(bytes, from, target, 0, waiting);
    bytes = target;
    from = 0;
    to = waiting;
  }
}

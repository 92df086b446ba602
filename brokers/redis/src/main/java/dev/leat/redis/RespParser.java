package dev.leat.redis;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Takes bytes as they come and hands out answers as they are complete. Confined to its connection's
 * loop. Hot path: what was read once is not read again when more bytes come.
 */
final class RespParser {
  /** An array that is being filled. */
  private record Open(int size, List<Resp> items) {}

  private static final Resp NIL = new Resp.Nil();

  /** What a server says of each command of a transaction; nobody looks at it. */
  private static final Resp QUEUED = new Resp.Text("QUEUED".getBytes(StandardCharsets.US_ASCII));

  private final Consumer<Resp> answers;
  private final ArrayDeque<Open> open = new ArrayDeque<>();
  private byte[] bytes = new byte[8192];
  private int from;
  private int to;

  RespParser(Consumer<Resp> answers) {
    this.answers = answers;
  }

  void feed(Buffer more) {
    makeRoom(more.length());
    more.getBytes(0, more.length(), bytes, to);
    to += more.length();
    boolean goesOn = true;
    while (goesOn) {
      goesOn = step();
    }
  }

  /** Reads one element, if all of it is there. */
  private boolean step() {
    int end = endOfLine();
    if (end < 0) {
      return false;
    }
    byte kind = bytes[from];
    switch (kind) {
      case '+' -> finish(simple(end), end + 2);
      case '-' -> finish(new Resp.Failure(line(end)), end + 2);
      case ':' -> finish(new Resp.Whole(number(end)), end + 2);
      case '$' -> {
        return string(end);
      }
      case '*' -> array(end);
      default -> throw new IllegalStateException("not an answer of Redis");
    }
    return true;
  }

  private boolean string(int endOfLength) {
    int length = (int) number(endOfLength);
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
    int size = (int) number(endOfLength);
    from = endOfLength + 2;
    if (size < 0) {
      add(NIL);
    } else if (size == 0) {
      add(new Resp.Array(List.of()));
    } else {
      open.push(new Open(size, new ArrayList<>(size)));
    }
  }

  private void finish(Resp value, int next) {
    from = next;
    add(value);
  }

  private void add(Resp value) {
    Resp complete = value;
    for (Open array = open.peek(); array != null; array = open.peek()) {
      array.items().add(complete);
      if (array.items().size() < array.size()) {
        return;
      }
      open.pop();
      complete = new Resp.Array(array.items());
    }
    answers.accept(complete);
  }

  private Resp simple(int end) {
    boolean queued = end - from == 7 && bytes[from + 1] == 'Q' && bytes[from + 2] == 'U';
    return queued ? QUEUED : new Resp.Text(Arrays.copyOfRange(bytes, from + 1, end));
  }

  /** The line as a number, without a string in between. */
  private long number(int end) {
    boolean negative = bytes[from + 1] == '-';
    long value = 0;
    for (int i = negative ? from + 2 : from + 1; i < end; i++) {
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

  /** Where the line's CR stands; below 0 while the line is not complete. */
  private int endOfLine() {
    for (int i = from; i + 1 < to; i++) {
      if (bytes[i] == '\r' && bytes[i + 1] == '\n') {
        return i;
      }
    }
    return -1;
  }

  private void makeRoom(int more) {
    if (from == to) {
      from = 0;
      to = 0;
    }
    if (bytes.length - to >= more) {
      return;
    }
    int waiting = to - from;
    byte[] target =
        waiting + more <= bytes.length
            ? bytes
            : new byte[Math.max(bytes.length * 2, waiting + more)];
    System.arraycopy(bytes, from, target, 0, waiting);
    bytes = target;
    from = 0;
    to = waiting;
  }
}

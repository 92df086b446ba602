package dev.leat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What travels beside a payload: names and values, in the order they were set, each name once.
 *
 * <p>Kept as one flat array, since a message has few of them and most are only passed on. Names are
 * case-sensitive; those that Leat itself gives a meaning to stand here as constants.
 */
public final class Headers {
  /** Epoch milliseconds after which nobody waits for the reply. */
  public static final String DEADLINE = "deadline";

  /**
   * Which brokers a bridge has brought a request from, by their ids, separated by commas; of a dead
   * letter that was copied, the id of one, a space, and its place there.
   */
  public static final String BRIDGED = "bridged";

  /** On a cancellation: the id of the request's entry, where that is known. */
  public static final String ENTRY = "entry";

  /** Id of the message whose handling sent this one. */
  public static final String CAUSE = "cause";

  /** What a message is about, so that those about the same can be handled in order. */
  public static final String KEY = "key";

  /** The caller's own id for "the same request". */
  public static final String IDEMPOTENCY_KEY = "idempotency-key";

  /** Who asks, where the edge knows. */
  public static final String AUTH_SUBJECT = "auth.sub";

  /** The only group whose workers handle the message; others let it pass. */
  public static final String GROUP = "group";

  /** Media type of the payload, where the encoding does not say it. */
  public static final String CONTENT_TYPE = "content-type";

  /** On a reply: the HTTP status; 200 when absent. */
  public static final String STATUS = "status";

  /** On a reply: present when the request failed; the payload is then an RFC 9457 problem. */
  public static final String ERROR = "error";

  /** On a reply: microseconds that the handler took. */
  public static final String TOOK = "took";

  /** On a request: its reply may come in parts, so many of them ahead of what was received. */
  public static final String PARTS = "parts";

  /** On a reply in parts: the number of the part, from 0; on the last, how many there were. */
  public static final String SEQUENCE = "seq";

  /** On the last of a reply in parts: {@code true}. */
  public static final String END = "end";

  /** On the first part of an attempt: where its writer hears how many were received. */
  public static final String CREDIT = "credit";

  /** On what a reader tells the writer of parts: how many it has received. */
  public static final String RECEIVED = "received";

  /** On a reply: how often its request had been handed over; absent where that was once. */
  public static final String ATTEMPT = "attempt";

  /** On a message that was sent again: the id of the replay that did so. */
  public static final String REPLAY = "replay";

  /** On a message that was sent again: the id of the one that is recorded. */
  public static final String REPLAY_OF = "replay.of";

  /** W3C Trace Context, handed on untouched. */
  public static final String TRACEPARENT = "traceparent";

  /** W3C Trace Context, handed on untouched. */
  public static final String TRACESTATE = "tracestate";

  /** The method of the HTTP request that a message came from. */
  public static final String HTTP_METHOD = "http.method";

  /** The path of the HTTP request that a message came from, as the client wrote it. */
  public static final String HTTP_PATH = "http.path";

  /** Before the name of a path parameter. */
  public static final String HTTP_PARAM = "http.param.";

  /** Before the name of a query parameter; of several values, each has {@link #nth a name}. */
  public static final String HTTP_QUERY = "http.query.";

  /** Present with the value {@link #QUERY} where query parameters fill what a body leaves out. */
  public static final String HTTP_FILLS = "http.fills";

  /** The value of {@link #HTTP_FILLS}. */
  public static final String QUERY = "query";

  /** Before the lower-case name of an HTTP header; of several, each has {@link #nth a name}. */
  public static final String HTTP_HEADER = "http.header.";

  /** Headers that a message may have; who reads one with more takes it for broken. */
  public static final int MOST = 4_000;

  /** From so many strings on, names are looked up by an index. */
  private static final int MANY = 128;

  /** No headers. */
  public static final Headers NONE = new Headers(new String[0], 0);

  /** Name, value, name, value ... and perhaps room that nobody looks at. */
  private final String[] flat;

  private final int length;

  /** Where names stand, if there are many; made when it is first asked for. */
  private volatile @Nullable Map<String, Integer> index;

  private Headers(String[] flat, int length) {
    this.flat = flat;
    this.length = length;
  }

  /** Headers of these names and values, alternating; a name given twice keeps its last value. */
  public static Headers of(String... namesAndValues) {
    if (namesAndValues.length % 2 != 0) {
      throw new IllegalArgumentException("headers come as name and value: a value is missing");
    }
    Builder builder = new Builder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      builder.set(namesAndValues[i], namesAndValues[i + 1]);
    }
    return builder.build();
  }

  /** A builder that starts empty. */
  public static Builder builder() {
    return new Builder();
  }

  /** The value of this name. */
  public Optional<String> get(String name) {
    return Optional.ofNullable(find(name));
  }

  /** All values of a query parameter or HTTP header, in order; of other names the one there is. */
  public List<String> all(String name) {
    String first = find(name);
    if (first == null || endOfKind(name) < 0) {
      return first == null ? List.of() : List.of(first);
    }
    List<String> values = new ArrayList<>(List.of(first));
    for (String more = find(nth(name, 2));
        more != null;
        more = find(nth(name, values.size() + 1))) {
      values.add(more);
    }
    return values;
  }

  /**
   * The name under which the value stands that comes n-th: {@code http.query.tag} has the first,
   * {@code http.query-2.tag} the second. Who knows nothing of it reads the first.
   *
   * @param name that begins as {@link #HTTP_QUERY} or {@link #HTTP_HEADER}
   * @param n counted from 1
   * @throws IllegalArgumentException for a second value of any other name
   */
  public static String nth(String name, int n) {
    if (n == 1) {
      return name;
    }
    int end = endOfKind(name);
    if (end < 0) {
      throw new IllegalArgumentException("the header " + name + " has one value");
    }
    return name.substring(0, end) + "-" + n + name.substring(end);
  }

  /**
   * Whether a name is that of a value of a kind, whatever its number.
   *
   * @param kind such as {@link #HTTP_QUERY}
   */
  public static boolean isOf(String kind, String name) {
    return name.startsWith(kind.substring(0, kind.length() - 1));
  }

  /** Where in {@code http.query.tag} the second dot stands; below 0 in other names. */
  private static int endOfKind(String name) {
    return name.startsWith("http.") ? name.indexOf('.', "http.".length()) : -1;
  }

  /** Whether there is a header of this name. */
  public boolean has(String name) {
    return find(name) != null;
  }

  /** The moment after which nobody waits; empty where there is none or it is not a number. */
  public Optional<Instant> deadline() {
    String value = find(DEADLINE);
    if (value == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Instant.ofEpochMilli(Long.parseLong(value)));
    } catch (NumberFormatException notANumber) {
      return Optional.empty();
    }
  }

  /** These headers with one more, or with its value replaced. */
  public Headers with(String name, String value) {
    check(name, value);
    int at = 0;
    while (at < length && !flat[at].equals(name)) {
      at += 2;
    }
    int more = Math.max(length, at + 2);
    String[] changed = Arrays.copyOf(flat, more);
    changed[at] = name;
    changed[at + 1] = value;
    return new Headers(changed, more);
  }

  /** These headers with one more value of a query parameter or HTTP header. */
  public Headers adding(String name, String value) {
    return with(nth(name, all(name).size() + 1), value);
  }

  private static void check(String name, String value) {
    Objects.requireNonNull(name, "a header's name must not be null");
    Objects.requireNonNull(value, "a header's value must not be null");
    if (name.isEmpty()) {
      throw new IllegalArgumentException("a header's name must not be empty");
    }
  }

  /** These headers but for those whose names a predicate takes. */
  public Headers without(Predicate<String> names) {
    Builder rest = new Builder();
    forEach(
        (name, value) -> {
          if (!names.test(name)) {
            rest.set(name, value);
          }
        });
    return rest.build();
  }

  /** A builder that starts with these headers. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.flat = Arrays.copyOf(flat, length + Builder.ROOM);
    builder.size = length;
    return builder;
  }

  /** Calls back with each name and value, in order. */
  public void forEach(BiConsumer<String, String> action) {
    for (int i = 0; i < length; i += 2) {
      action.accept(flat[i], flat[i + 1]);
    }
  }

  /** How many there are. */
  public int size() {
    return length / 2;
  }

  /** Whether there are none. */
  public boolean isEmpty() {
    return length == 0;
  }

  /** The same as a map in the same order; a copy. */
  public Map<String, String> asMap() {
    Map<String, String> map = LinkedHashMap.newLinkedHashMap(size());
    forEach(map::put);
    return map;
  }

  private @Nullable String find(String name) {
    if (length > MANY) {
      Map<String, Integer> known = index;
      if (known == null) {
        known = indexOf(flat, length);
        index = known;
      }
      Integer at = known.get(name);
      return at == null ? null : flat[at + 1];
    }
    for (int i = 0; i < length; i += 2) {
      if (flat[i].equals(name)) {
        return flat[i + 1];
      }
    }
    return null;
  }

  private static Map<String, Integer> indexOf(String[] flat, int length) {
    Map<String, Integer> index = HashMap.newHashMap(length / 2);
    for (int i = 0; i < length; i += 2) {
      index.put(flat[i], i);
    }
    return index;
  }

  /** Equal when the same names have the same values, in whatever order. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Headers that && asMap().equals(that.asMap());
  }

  @Override
  public int hashCode() {
    return asMap().hashCode();
  }

  /** Names alone: values may hold what must not reach a log. */
  @Override
  public String toString() {
    return asMap().keySet().toString();
  }

  /** Collects headers; for one thread. */
  public static final class Builder {
    /** Strings that there is room for at first: most messages have two to four headers. */
    private static final int ROOM = 8;

    private String[] flat = new String[ROOM];
    private int size;

    /** Where names stand, once there are many; else each that is set would look at all before. */
    private @Nullable Map<String, Integer> index;

    /** Headers were built that have the same array: it must not be changed any more. */
    private boolean shared;

    private Builder() {}

    /** Sets a header; an earlier value of the same name is replaced. */
    public Builder set(String name, String value) {
      check(name, value);
      if (shared) {
        flat = flat.clone();
        shared = false;
      }
      int at = find(name);
      if (at >= 0) {
        flat[at + 1] = value;
        return this;
      }
      if (size == flat.length) {
        flat = Arrays.copyOf(flat, 2 * size);
      }
      if (index != null) {
        index.put(name, size);
      }
      flat[size++] = name;
      flat[size++] = value;
      return this;
    }

    private int find(String name) {
      if (size > MANY) {
        if (index == null) {
          index = indexOf(flat, size);
        }
        return index.getOrDefault(name, -1);
      }
      for (int i = 0; i < size; i += 2) {
        if (flat[i].equals(name)) {
          return i;
        }
      }
      return -1;
    }

    /** The headers collected so far. */
    public Headers build() {
      if (size == 0) {
        return NONE;
      }
      shared = true;
      return new Headers(flat, size);
    }
  }
}

package dev.leat.gateway.route;

import dev.leat.Dialect;
import dev.leat.Topic;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which requests become messages of which type on which topic.
 *
 * @param method in upper case; a {@code GET} route answers {@code HEAD} too
 * @param path a template such as <code>/users/{id}</code>; its parameters become headers {@code
 *     http.param.<name>}
 * @param topic where the message goes
 * @param type the message's type
 * @param timeout how long the client waits at most; also the message's deadline
 * @param reply where the answer comes from
 * @param dialect how the message is laid out; other than packed needs a broker that offers it
 * @param bodyLimit bytes that a body may have; more is answered 413
 * @param mediaTypes what a body may be, such as {@code application/json}, or {@link #ANYTHING};
 *     none means anything too, but JSON alone of {@link ReplyMode#SHARED}. Else is answered 415
 * @param headers HTTP headers, in lower case, that become headers {@code http.header.<name>}
 * @param cors which pages may use it from within a browser; none where empty
 * @param rateLimit unlimited where empty
 * @param keyRequired whether a request without an {@code Idempotency-Key} is answered 400
 * @param orderKey what of a request workers may keep order by; none where empty
 * @param inFlightLimit requests that wait for their replies through one gateway at a time; more are
 *     answered 503
 * @param queryFillsBody whether workers read query parameters into what a body leaves out, of
 *     methods that have one
 * @param gzipBodies whether bodies may come in gzip; they are decoded, and their limit is that of
 *     what they become
 * @param waitsForWorkers whether a request is kept for workers to come where none is there just
 *     now; else it is answered 503
 * @param sharedLimit of {@link ReplyMode#SHARED}: entries that the topic's shared replies keep, and
 *     its requests that no group has to complete; the largest of a topic's routes counts
 */
public record Route(
    String method,
    String path,
    Topic topic,
    String type,
    Duration timeout,
    ReplyMode reply,
    Dialect dialect,
    int bodyLimit,
    Set<String> mediaTypes,
    List<String> headers,
    Optional<Cors> cors,
    Optional<RateLimit> rateLimit,
    boolean keyRequired,
    Optional<OrderKey> orderKey,
    int inFlightLimit,
    boolean queryFillsBody,
    boolean gzipBodies,
    boolean waitsForWorkers,
    int sharedLimit,
    long backlogLimit) {

  /** A media type that stands for all. */
  public static final String ANYTHING = "*/*";

  /** Seconds of a busy topic, for readers that are slower. */
  public static final int DEFAULT_SHARED_LIMIT = 65_536;

  /** Some hundred thousand small requests, and a part of what a broker's memory is given. */
  public static final long DEFAULT_BACKLOG_LIMIT = 256L << 20;

  private static final String JSON = "application/json";

  /** Longer than a person waits for a page; a payment wants to set its own. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

  /** What waits longer has been given up by whatever is between. */
  public static final Duration LONGEST_TIMEOUT = Duration.ofHours(1);

  /** 1 MiB, what the smallest of the brokers takes as one message without being told otherwise. */
  public static final int DEFAULT_BODY_LIMIT = 1 << 20;

  /** As many as one gateway has memory for with bodies of a few kilobytes. */
  public static final int DEFAULT_IN_FLIGHT_LIMIT = 10_000;

  /** Refuses what could never match or never be answered. */
  public Route {
    method = method.toUpperCase(Locale.ROOT);
    if (!Token.is(method)) {
      throw new IllegalArgumentException("'" + method + "' is not an HTTP method");
    }
    if (method.equals("*")) {
      throw new IllegalArgumentException("a route takes one method, such as GET; '*' is none");
    }
    PathTemplate template = PathTemplate.parse(path);
    if (type.isEmpty()) {
      throw new IllegalArgumentException("route " + method + " " + path + " needs a message type");
    }
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException(
          "route " + method + " " + path + ": the timeout must be positive, was " + timeout);
    }
    if (timeout.compareTo(LONGEST_TIMEOUT) > 0) {
      throw new IllegalArgumentException(
          "route %s %s: the timeout must not be over an hour, was %s; longer work is for reply none"
              .formatted(method, path, timeout));
    }
    if (bodyLimit < 0) {
      throw new IllegalArgumentException(
          "route " + method + " " + path + ": the body limit must not be below 0");
    }
    if (inFlightLimit < 1) {
      throw new IllegalArgumentException(
          "route %s %s: at least 1 request must be in flight, was %d"
              .formatted(method, path, inFlightLimit));
    }
    if (sharedLimit < 1) {
      throw new IllegalArgumentException(
          "route %s %s: at least 1 shared reply must be kept, was %d"
              .formatted(method, path, sharedLimit));
    }
    if (backlogLimit < 1) {
      throw new IllegalArgumentException(
          "route %s %s: at least 1 byte must be able to wait, was %d"
              .formatted(method, path, backlogLimit));
    }
    orderKey
        .filter(key -> key.source() == OrderKey.Source.PATH)
        .filter(key -> !template.parameters().contains(key.name()))
        .ifPresent(
            key -> {
              throw new IllegalArgumentException(
                  "path %s has no parameter {%s} to order requests by"
                      .formatted(template.text(), key.name()));
            });
    mediaTypes = Set.copyOf(mediaTypes.stream().map(Route::lowerCase).toList());
    headers = headers.stream().map(Route::lowerCase).toList();
  }

  /**
   * A route with the defaults.
   *
   * @param topic as {@link Topic#of} reads it
   */
  public static Route of(String method, String path, String topic, String type) {
    return new Route(
        method,
        path,
        Topic.of(topic),
        type,
        DEFAULT_TIMEOUT,
        ReplyMode.PRIVATE,
        Dialect.PACKED,
        DEFAULT_BODY_LIMIT,
        Set.of(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        false,
        Optional.empty(),
        DEFAULT_IN_FLIGHT_LIMIT,
        false,
        false,
        true,
        DEFAULT_SHARED_LIMIT,
        DEFAULT_BACKLOG_LIMIT);
  }

  /** {@code GET}, and {@code HEAD} with it. */
  public static Route get(String path, String topic, String type) {
    return of("GET", path, topic, type);
  }

  /** {@code POST}. */
  public static Route post(String path, String topic, String type) {
    return of("POST", path, topic, type);
  }

  /** {@code PUT}. */
  public static Route put(String path, String topic, String type) {
    return of("PUT", path, topic, type);
  }

  /** {@code DELETE}. */
  public static Route delete(String path, String topic, String type) {
    return of("DELETE", path, topic, type);
  }

  /** Of what tells routes of one table apart: they are looked up for every request. */
  @Override
  public int hashCode() {
    return 31 * method.hashCode() + path.hashCode();
  }

  /** Equal for routes that take the same requests, however they name their parameters. */
  public String shape() {
    StringBuilder shape = new StringBuilder(method).append(' ');
    for (PathTemplate.Segment segment : PathTemplate.parse(path).segments()) {
      shape.append('/');
      switch (segment) {
        case PathTemplate.Segment.Literal literal -> shape.append(literal.text());
        case PathTemplate.Segment.Parameter parameter -> shape.append("{}");
        case PathTemplate.Segment.Rest rest -> shape.append("{*}");
      }
    }
    return shape.toString();
  }

  /** The same with another timeout. */
  public Route timeout(Duration other) {
    return with(draft -> draft.timeout = other);
  }

  /** The same with its answer from elsewhere. */
  public Route reply(ReplyMode other) {
    return with(draft -> draft.reply = other);
  }

  /** The same in another dialect. */
  public Route dialect(Dialect other) {
    return with(draft -> draft.dialect = other);
  }

  /** The same with another limit, in bytes. */
  public Route bodyLimit(int other) {
    return with(draft -> draft.bodyLimit = other);
  }

  /** The same for bodies of these media types alone, parameters not counted. */
  public Route accepts(String... others) {
    return with(draft -> draft.mediaTypes = Set.of(others));
  }

  /** The same with these HTTP headers handed on. */
  public Route handsOn(String... others) {
    return with(draft -> draft.headers = List.of(others));
  }

  /** The same for pages of other origins too. */
  public Route cors(Cors other) {
    return with(draft -> draft.cors = Optional.of(other));
  }

  /** The same with a limit of how many requests it takes. */
  public Route rateLimit(RateLimit other) {
    return with(draft -> draft.rateLimit = Optional.of(other));
  }

  /** The same, but for requests that have an {@code Idempotency-Key} alone, or for all. */
  public Route keyRequired(boolean required) {
    return with(draft -> draft.keyRequired = required);
  }

  /** The same, and says to workers what each request is about. */
  public Route orderBy(OrderKey other) {
    return with(draft -> draft.orderKey = Optional.of(other));
  }

  /** The same with another limit of how many may wait for their replies. */
  public Route inFlightLimit(int other) {
    return with(draft -> draft.inFlightLimit = other);
  }

  /** The same, and whether query parameters fill what a body leaves out. */
  public Route queryFillsBody(boolean fills) {
    return with(draft -> draft.queryFillsBody = fills);
  }

  /** The same, and whether bodies may come in gzip. */
  public Route gzipBodies(boolean taken) {
    return with(draft -> draft.gzipBodies = taken);
  }

  /** The same, and whether its requests wait where no worker is there just now. */
  public Route waitsForWorkers(boolean waits) {
    return with(draft -> draft.waitsForWorkers = waits);
  }

  /** The same, and as many entries of shared streams are kept at most. */
  public Route sharedLimit(int entries) {
    return with(draft -> draft.sharedLimit = entries);
  }

  /** The same, and as many bytes of its topic may wait for workers. */
  public Route backlogLimit(long bytes) {
    return with(draft -> draft.backlogLimit = bytes);
  }

  /** Whether a body may be of a media type, in lower case and without its parameters. */
  public boolean takes(String mediaType) {
    if (mediaTypes.isEmpty() && reply == ReplyMode.SHARED) {
      // Workers that know no other way to reply parse what they get as JSON.
      return mediaType.equals(JSON) || mediaType.endsWith("+json");
    }
    return mediaTypes.isEmpty() || mediaTypes.contains(ANYTHING) || mediaTypes.contains(mediaType);
  }

  /** Media types that are taken, for people. */
  public String taken() {
    return mediaTypes.isEmpty() ? JSON : String.join(", ", mediaTypes);
  }

  private Route with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return new Route(
        method,
        path,
        topic,
        type,
        draft.timeout,
        draft.reply,
        draft.dialect,
        draft.bodyLimit,
        draft.mediaTypes,
        draft.headers,
        draft.cors,
        draft.rateLimit,
        draft.keyRequired,
        draft.orderKey,
        draft.inFlightLimit,
        draft.queryFillsBody,
        draft.gzipBodies,
        draft.waitsForWorkers,
        draft.sharedLimit,
        draft.backlogLimit);
  }

  /** What of a route may be changed, while it is. */
  private static final class Draft {
    private Duration timeout;
    private ReplyMode reply;
    private Dialect dialect;
    private int bodyLimit;
    private Set<String> mediaTypes;
    private List<String> headers;
    private Optional<Cors> cors;
    private Optional<RateLimit> rateLimit;
    private boolean keyRequired;
    private Optional<OrderKey> orderKey;
    private int inFlightLimit;
    private boolean queryFillsBody;
    private boolean gzipBodies;
    private boolean waitsForWorkers;
    private int sharedLimit;
    private long backlogLimit;

    private Draft(Route route) {
      timeout = route.timeout;
      reply = route.reply;
      dialect = route.dialect;
      bodyLimit = route.bodyLimit;
      mediaTypes = route.mediaTypes;
      headers = route.headers;
      cors = route.cors;
      rateLimit = route.rateLimit;
      keyRequired = route.keyRequired;
      orderKey = route.orderKey;
      inFlightLimit = route.inFlightLimit;
      queryFillsBody = route.queryFillsBody;
      gzipBodies = route.gzipBodies;
      waitsForWorkers = route.waitsForWorkers;
      sharedLimit = route.sharedLimit;
      backlogLimit = route.backlogLimit;
    }
  }

  private static String lowerCase(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}

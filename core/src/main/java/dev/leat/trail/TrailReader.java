package dev.leat.trail;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.Entry;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Puts together what the streams remember of requests: from where they were written once, and
 * nothing else. Blocks: for virtual threads and the command, not for an event loop. Any thread.
 *
 * <p>What it does not find it says it does not know.
 */
public final class TrailReader {
  /** What is sent with a reply: the id of the request, and a number. */
  private static final Pattern SENT = Pattern.compile("([0-9a-fA-F-]{36})\\.[0-9]{1,9}");

  /** Requests among which those are looked for that failed, or took longest. */
  private static final int CROWD = 20_000;

  private final Broker broker;
  private final InstantSource clock;

  /**
   * Of a broker's streams.
   *
   * @throws dev.leat.Unsupported if these cannot be looked at, or not by time
   */
  public TrailReader(Broker broker) {
    this(broker, InstantSource.system());
  }

  TrailReader(Broker broker, InstantSource clock) {
    broker.require(Capability.RANGE);
    broker.require(Capability.TIME_POSITION);
    this.broker = broker;
    this.clock = clock;
  }

  /**
   * The one of a message's id, looked for in all topics; empty where nothing is remembered of it.
   */
  public Optional<Trail> of(String id) {
    List<Topic> topics = topics();
    return of(id, topics, topics);
  }

  /** The same, looked for in one topic alone. */
  public Optional<Trail> of(String id, Topic topic) {
    return of(id, List.of(topic), topics());
  }

  private Optional<Trail> of(String id, List<Topic> topics, List<Topic> all) {
    // What is sent with a reply is named by its request, and a number.
    Matcher sent = SENT.matcher(id);
    if (!sent.matches()) {
      return find(id, topics, all);
    }
    return find(sent.group(1), all, all)
        .flatMap(trail -> within(trail, id))
        .or(() -> found(topics, topic -> scan(topic, Position.START, hasId(id)), all));
  }

  private static Optional<Trail> within(Trail trail, String id) {
    return trail.request().id().equals(id)
        ? Optional.of(trail)
        : trail.children().stream().flatMap(child -> within(child, id).stream()).findFirst();
  }

  /** What is likely is looked for everywhere before what is not is looked for anywhere. */
  private Optional<Trail> find(String id, List<Topic> topics, List<Topic> all) {
    Optional<MessageFinder> known = MessageFinder.of(broker, id);
    if (known.isEmpty()) {
      return found(topics, topic -> scan(topic, Position.START, hasId(id)), all)
          .or(() -> lettersOf(id, topics));
    }
    MessageFinder finder = known.get();
    return found(topics, topic -> finder.findSoon(topic.incoming()), all)
        .or(() -> found(topics, topic -> finder.findByOthers(topic.incoming()), all))
        .or(() -> found(topics, topic -> finder.find(topic.incoming()), all))
        .or(() -> lettersOf(id, topics));
  }

  private Optional<Trail> found(
      List<Topic> topics, Function<Topic, Optional<Entry>> search, List<Topic> all) {
    for (Topic topic : topics) {
      Optional<Entry> entry = search.apply(topic);
      if (entry.isPresent()) {
        return Optional.of(builder(all, entry.get()).of(topic, entry.get()));
      }
    }
    return Optional.empty();
  }

  /** A request may be forgotten when what was given up of it is not. */
  private Optional<Trail> lettersOf(String id, List<Topic> topics) {
    TrailBuilder builder = new TrailBuilder(broker, topics, Instant.EPOCH, now());
    return topics.stream().flatMap(topic -> builder.ofLetter(topic, id).stream()).findFirst();
  }

  /**
   * Those that have a header with a value, such as {@link Headers#IDEMPOTENCY_KEY}; read from all
   * that is remembered of requests.
   *
   * @param most how many at most, the latest
   * @return read while it is looked at
   */
  public Stream<Trail> withHeader(String name, String value, int most) {
    return all(headers -> headers.get(name).filter(value::equals).isPresent(), most);
  }

  /**
   * Those of a trace of W3C, by its id of 32 hexadecimal digits; one that another caused is in it.
   */
  public Stream<Trail> ofTrace(String traceId, int most) {
    return all(
        headers ->
            !headers.has(Headers.CAUSE)
                && headers
                    .get(Headers.TRACEPARENT)
                    .filter(parent -> parent.regionMatches(true, 3, traceId, 0, traceId.length()))
                    .isPresent(),
        most);
  }

  private Stream<Trail> all(Predicate<Headers> wanted, int most) {
    List<Topic> topics = topics();
    List<Found> found = new ArrayList<>();
    for (Topic topic : topics) {
      Deque<Found> latest = new ArrayDeque<>();
      boolean unused =
          StreamScan.forEach(
              broker,
              topic.incoming(),
              Position.START,
              StreamScan.EVER,
              Long.MAX_VALUE,
              entry -> {
                if (wanted.test(entry.message().headers())) {
                  latest.add(new Found(topic, bare(entry)));
                  if (latest.size() > most) {
                    latest.removeFirst();
                  }
                }
                return true;
              });
      found.addAll(latest);
    }
    return found.stream()
        .sorted(Comparator.comparingLong(one -> one.entry.at()))
        .skip(Math.max(0, found.size() - most))
        .map(one -> builder(topics, one.entry).of(one.topic, whole(one.topic, one.entry)));
  }

  private record Found(Topic topic, Entry entry) {}

  /** Without its payload: there may be many. */
  private static Entry bare(Entry entry) {
    return new Entry(entry.id(), entry.message().withoutPayload(), entry.at());
  }

  /** Which of the last are asked for. */
  public enum Choice {
    /** Whichever there are. */
    ALL,
    /** Those that were given up or answered that they failed, or of which an attempt failed. */
    FAILED,
    /** Those that took longest. */
    SLOW
  }

  /**
   * The last requests to a topic, oldest first; the slowest in the order of their duration. Those
   * that failed, or took longest, are of the latest 20,000.
   *
   * @param number how many at most
   * @return read while it is looked at
   */
  public Stream<Trail> last(Topic topic, int number, Choice choice) {
    List<Topic> topics = topics();
    return new LastRequests(broker, topic, now())
        .of(number, choice, CROWD).stream()
            .map(entry -> builder(topics, entry).of(topic, whole(topic, entry)));
  }

  /** With its payload. */
  private Entry whole(Topic topic, Entry bare) {
    Instant at = Instant.ofEpochMilli(bare.at());
    return StreamScan.first(
            broker,
            topic.incoming(),
            Position.at(at),
            at,
            Long.MAX_VALUE,
            entry -> entry.id().equals(bare.id()))
        .orElse(bare);
  }

  private Optional<Entry> scan(Topic topic, Position from, Predicate<Message> wanted) {
    return StreamScan.first(
        broker,
        topic.incoming(),
        from,
        StreamScan.EVER,
        Long.MAX_VALUE,
        entry -> wanted.test(entry.message()));
  }

  private static Predicate<Message> hasId(String id) {
    return message -> message.id().equals(id);
  }

  private TrailBuilder builder(List<Topic> topics, Entry root) {
    return new TrailBuilder(broker, topics, Instant.ofEpochMilli(root.at()), now());
  }

  private List<Topic> topics() {
    return StreamScan.result(TopicScan.topics(broker, TopicScan.participants(broker)));
  }

  /** By the broker's clock. */
  private Instant now() {
    return clock.instant().plus(broker.clockAhead());
  }
}

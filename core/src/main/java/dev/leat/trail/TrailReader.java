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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Puts together what the streams remember of requests: from where they were written once, and
 * nothing else. Blocks: for virtual threads and the command, not for an event loop. Any thread.
 *
 * <p>What it does not find it says it does not know.
 */
public final class TrailReader {
  /** Entries of one stream that are looked at for one answer. */
  private static final int MOST = 500_000;

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
    int dot = id.lastIndexOf('.');
    // What is sent with a reply is named by its request.
    String root = dot < 0 ? id : id.substring(0, id.indexOf('.'));
    Optional<Trail> found = find(root, topics);
    return dot < 0 ? found : found.flatMap(trail -> within(trail, id));
  }

  private static Optional<Trail> within(Trail trail, String id) {
    return trail.request().id().equals(id)
        ? Optional.of(trail)
        : trail.children().stream().flatMap(child -> within(child, id).stream()).findFirst();
  }

  private Optional<Trail> find(String id, List<Topic> topics) {
    Optional<MessageFinder> finder = MessageFinder.of(broker, id);
    if (finder.isEmpty()) {
      return found(topics, topic -> scan(topic, Position.START, hasId(id)), topics);
    }
    return found(topics, topic -> finder.get().findSoon(topic.incoming()), topics)
        .or(() -> found(topics, topic -> finder.get().find(topic.incoming()), topics))
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
   */
  public List<Trail> withHeader(String name, String value, int most) {
    return all(headers -> headers.get(name).filter(value::equals).isPresent(), most);
  }

  /**
   * Those of a trace of W3C, by its id of 32 hexadecimal digits; one that another caused is in it.
   */
  public List<Trail> ofTrace(String traceId, int most) {
    return all(
        headers ->
            !headers.has(Headers.CAUSE)
                && headers
                    .get(Headers.TRACEPARENT)
                    .filter(parent -> parent.regionMatches(true, 3, traceId, 0, traceId.length()))
                    .isPresent(),
        most);
  }

  private List<Trail> all(Predicate<Headers> wanted, int most) {
    List<Topic> topics = topics();
    List<Trail> trails = new ArrayList<>();
    for (Topic topic : topics) {
      List<Entry> found = new ArrayList<>();
      StreamScan.forEach(
          broker,
          topic.incoming(),
          Position.START,
          Instant.ofEpochMilli(Long.MAX_VALUE),
          Long.MAX_VALUE,
          entry -> {
            if (wanted.test(entry.message().headers())) {
              found.add(entry);
            }
            return true;
          });
      found.stream()
          .skip(Math.max(0, found.size() - most))
          .forEach(entry -> trails.add(builder(topics, entry).of(topic, entry)));
    }
    return trails.stream()
        .sorted(Comparator.comparing(Trail::accepted))
        .skip(Math.max(0, trails.size() - most))
        .toList();
  }

  /** Which of the last are asked for. */
  public enum Choice {
    /** Whichever there are. */
    ALL,
    /** Those that were given up or answered that they failed, or of which an attempt failed. */
    FAILED,
    /** Those that took longest, among some thousand. */
    SLOW
  }

  /** Requests among which the slowest are looked for. */
  private static final int CROWD = 5_000;

  /**
   * The last requests to a topic, oldest first; the slowest in the order of their duration.
   *
   * @param number how many at most
   */
  public List<Trail> last(Topic topic, int number, Choice choice) {
    return new LastRequests(broker, topic, now())
        .of(number, choice, choice == Choice.SLOW ? CROWD : MOST).stream()
            .map(entry -> builder(topics(), entry).of(topic, entry))
            .toList();
  }

  private Optional<Entry> scan(Topic topic, Position from, Predicate<Message> wanted) {
    List<Entry> found = new ArrayList<>(1);
    StreamScan.forEach(
        broker,
        topic.incoming(),
        from,
        Instant.ofEpochMilli(Long.MAX_VALUE),
        Long.MAX_VALUE,
        entry -> {
          if (wanted.test(entry.message())) {
            found.add(entry);
          }
          return found.isEmpty();
        });
    return found.stream().findFirst();
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

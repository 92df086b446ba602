package dev.leat.gateway.ops;

import dev.leat.BadConfiguration;
import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Headers;
import dev.leat.LeatException;
import dev.leat.Position;
import dev.leat.Problem;
import dev.leat.Topic;
import dev.leat.Unsupported;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import dev.leat.trail.AuditLog;
import dev.leat.trail.Census;
import dev.leat.trail.DeadLetters;
import dev.leat.trail.KnownTopic;
import dev.leat.trail.LetterFilter;
import dev.leat.trail.OperationsJson;
import dev.leat.trail.Redrive;
import dev.leat.trail.ReplayPlan;
import dev.leat.trail.Replays;
import dev.leat.trail.TopicView;
import dev.leat.trail.Trail;
import dev.leat.trail.TrailReader;
import dev.leat.wire.Redaction;
import dev.leat.wire.ReplyComparison;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of a stack, as JSON: what the command tells, by the same code; and what the command
 * does, as jobs. Blocks: for virtual threads. Any thread.
 */
final class OperationsApi implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OperationsApi.class);

  /** Entries that one answer has looked at. */
  private static final int LOOKED_AT = 100_000;

  private static final int PAGE = 100;

  private static final int MOST_A_SECOND = 1_000_000;

  /** How long a replay waits for a reply, once the last request was sent. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What is asked. */
  private interface Question {
    Object answer(OperationsParameters parameters);
  }

  private record Operation(boolean writes, Set<String> parameters, Question question) {}

  /**
   * An answer.
   *
   * @param body as JSON
   */
  record Answer(int status, String body) {}

  private final Broker broker;
  private final Redaction hidden;
  private final OperationsJobs jobs;
  private final CensusLook look;

  /** By their method and path. */
  private final Map<String, Operation> operations = new TreeMap<>();

  /**
   * Of a broker's streams.
   *
   * @param hidden what of payloads nobody is to see
   */
  OperationsApi(Broker broker, Redaction hidden) {
    this.broker = broker;
    this.hidden = hidden;
    this.jobs = new OperationsJobs(broker, hidden);
    this.look = new CensusLook(() -> result(Census.of(broker)));
    add("/api/topics", Set.of(), this::topics);
    add("/api/census", Set.of("topic"), this::census);
    add("/api/open", Set.of("topic", "limit"), this::open);
    add("/api/messages", Set.of("topic", "from", "to", "after", "type", "limit"), this::messages);
    add(
        "/api/trails",
        Set.of("id", "key", "trace", "topic", "last", "failed", "slow"),
        this::trails);
    add(
        "/api/dead-letters",
        Set.of("topic", "after", "id", "type", "since", "cause", "others", "limit"),
        this::deadLetters);
    add("/api/replays", Set.of("id"), this::replays);
    add("/api/audit", Set.of("limit"), this::audit);
    add("/api/jobs", Set.of("id"), this::jobs);
    post(
        "/api/redrive",
        Set.of("topic", "id", "type", "since", "cause", "group", "rate", "by"),
        this::redrive);
    post(
        "/api/replay",
        Set.of(
            "topic", "from", "to", "id", "type", "where", "into", "group", "rate", "backlog",
            "compare", "ignore", "by"),
        this::replay);
    post("/api/replay/resume", Set.of("id", "ignore", "by"), this::resume);
    post("/api/replay/undo", Set.of("id", "by"), this::undo);
    post("/api/jobs/stop", Set.of("id", "by"), this::stop);
  }

  private void add(String path, Set<String> parameters, Question question) {
    operations.put("GET " + path, new Operation(false, parameters, question));
  }

  private void post(String path, Set<String> parameters, Question question) {
    operations.put("POST " + path, new Operation(true, parameters, question));
  }

  /** What it began is stopped. */
  @Override
  public void close() {
    jobs.close();
  }

  /** By which methods a path is asked; none where there is no such path. */
  Set<String> methods(String path) {
    return Stream.of("GET", "POST")
        .filter(method -> operations.containsKey(method + " " + path))
        .collect(Collectors.toSet());
  }

  /** What there is, by method and path. */
  Set<String> all() {
    return operations.keySet();
  }

  /** Answers a question that there is; whatever goes wrong is a problem of RFC 9457. */
  Answer answer(String method, String path, OperationsParameters parameters) {
    Operation operation = Objects.requireNonNull(operations.get(method + " " + path));
    try {
      parameters.check(operation.parameters(), true);
      return new Answer(
          operation.writes() ? 202 : 200,
          OperationsJson.text(operation.question().answer(parameters)));
    } catch (IllegalArgumentException | BadConfiguration | BadMessage wrong) {
      return problem(400, "Bad request", String.valueOf(wrong.getMessage()));
    } catch (Unsupported lacking) {
      return problem(501, "Not possible", String.valueOf(lacking.getMessage()));
    } catch (BrokerUnavailable away) {
      return problem(503, "Broker unavailable", "the broker does not answer; try again later");
    } catch (RuntimeException failure) {
      log.error("path={} could not be answered", path, failure);
      return problem(500, "Failed", "what went wrong is in the log");
    }
  }

  static Answer problem(int status, String title, String detail) {
    return new Answer(status, OperationsJson.text(Problem.of(status, title, detail)));
  }

  private Object topics(OperationsParameters parameters) {
    return Map.of(
        "topics", result(TopicView.all(broker)).stream().map(OperationsJson::topic).toList());
  }

  private Object census(OperationsParameters parameters) {
    Optional<Topic> topic = parameters.topic();
    if (topic.isPresent()) {
      return OperationsJson.census(of(topic.get()), null);
    }
    CensusLook.Looked looked = look.now();
    return OperationsJson.census(looked.now(), looked.before());
  }

  private Census of(Topic topic) {
    Census census = result(Census.of(broker, List.of(topic)));
    if (census.topics().stream().noneMatch(KnownTopic::isThere)) {
      throw KnownTopic.unknown(broker, topic);
    }
    return census;
  }

  private Object open(OperationsParameters parameters) {
    int limit = parameters.limit();
    Optional<Topic> topic = parameters.topic();
    Census census = topic.isPresent() ? of(topic.get()) : result(Census.of(broker));
    List<Object> open = new ArrayList<>();
    var unused =
        result(
            census.forEachOpen(
                broker,
                one -> {
                  open.add(OperationsJson.open(one));
                  return open.size() <= limit;
                }));
    boolean isAll = open.size() <= limit;
    return Map.of("open", isAll ? open : open.subList(0, limit), "all", isAll);
  }

  private Object messages(OperationsParameters parameters) {
    Topic topic = parameters.neededTopic();
    List<String> types = parameters.list("type");
    long to = parameters.time("to").map(Instant::toEpochMilli).orElse(Long.MAX_VALUE);
    Position from =
        parameters
            .text("after")
            .map(Position::after)
            .or(() -> parameters.time("from").map(Position::at))
            .orElse(Position.START);
    KnownTopic.refuseUnknown(broker, topic);
    return list(
        "messages",
        parameters.limit(),
        from,
        next -> result(broker.range(topic.incoming(), next, PAGE)),
        Entry::id,
        entry -> entry.at() <= to,
        entry -> types.isEmpty() || types.contains(entry.message().type()),
        this::message);
  }

  /**
   * Reads on until there is enough of it, by number, bytes, or what was looked at. Where there may
   * be more the answer has {@code next}, to go on after.
   */
  private static <T> Map<String, Object> list(
      String name,
      int limit,
      Position from,
      Function<Position, List<T>> pages,
      Function<T, String> entryId,
      Predicate<T> isIn,
      Predicate<T> wanted,
      Function<T, Map<String, Object>> shown) {
    List<Map<String, Object>> found = new ArrayList<>();
    long signs = 0;
    Position next = from;
    for (int looked = 0; looked < LOOKED_AT; ) {
      List<T> page = pages.apply(next);
      for (T one : page) {
        if (!isIn.test(one)) {
          return Map.of(name, found);
        }
        looked++;
        next = Position.after(entryId.apply(one));
        if (wanted.test(one)) {
          Map<String, Object> document = shown.apply(one);
          found.add(document);
          signs += String.valueOf(document.get("payload")).length();
          if (found.size() == limit || signs >= Broker.RANGE_BYTES) {
            return Map.of(name, found, "next", entryId.apply(one));
          }
        }
      }
      if (page.isEmpty()) {
        return Map.of(name, found);
      }
    }
    return next instanceof Position.After last
        ? Map.of(name, found, "next", last.entryId())
        : Map.of(name, found);
  }

  private Map<String, Object> message(Entry entry) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("entry", entry.id());
    all.put("accepted", Instant.ofEpochMilli(entry.at()).toString());
    all.putAll(OperationsJson.message(hidden.of(entry.message().type(), entry.message())));
    return all;
  }

  private Object trails(OperationsParameters parameters) {
    TrailReader reader = new TrailReader(broker);
    Optional<String> id = parameters.text("id");
    Optional<String> key = parameters.text("key");
    Optional<String> trace = parameters.text("trace");
    Optional<Topic> topic = parameters.topic();
    Stream<Trail> found;
    if (id.isPresent()) {
      found = (topic.isPresent() ? reader.of(id.get(), topic.get()) : reader.of(id.get())).stream();
    } else if (key.isPresent()) {
      found = reader.withHeader(Headers.IDEMPOTENCY_KEY, key.get(), PAGE);
    } else if (trace.isPresent()) {
      found = reader.ofTrace(trace.get(), PAGE);
    } else {
      int last =
          parameters.number("last", PAGE).orElseThrow(() -> OperationsParameters.missing("id"));
      TrailReader.Choice choice =
          parameters.isSet("failed")
              ? TrailReader.Choice.FAILED
              : parameters.isSet("slow") ? TrailReader.Choice.SLOW : TrailReader.Choice.ALL;
      found = reader.last(parameters.neededTopic(), last, choice);
    }
    return trails(found);
  }

  /** As many as an answer holds. */
  private Map<String, Object> trails(Stream<Trail> found) {
    List<Object> shown = new ArrayList<>();
    long bytes = 0;
    Iterator<Trail> all = found.iterator();
    while (all.hasNext() && bytes < Broker.RANGE_BYTES) {
      Trail trail = all.next();
      bytes += trail.bytes();
      shown.add(OperationsJson.trail(trail, hidden));
    }
    return Map.of("trails", shown, "all", !all.hasNext());
  }

  private Object deadLetters(OperationsParameters parameters) {
    DeadLetters letters = new DeadLetters(broker, parameters.neededTopic());
    LetterFilter filter = filter(parameters);
    boolean others = parameters.isSet("others");
    return list(
        "deadLetters",
        parameters.limit(),
        parameters.text("after").map(Position::after).orElse(Position.START),
        next -> result(others ? letters.rangeOfOthers(next, PAGE) : letters.range(next, PAGE)),
        DeadLetters.Kept::entryId,
        kept -> true,
        kept -> filter.takes(kept.letter()),
        kept -> OperationsJson.letter(kept, hidden));
  }

  private static LetterFilter filter(OperationsParameters parameters) {
    return new LetterFilter(
        parameters.list("id"),
        parameters.list("type"),
        parameters.time("since"),
        parameters.text("cause").orElse(""));
  }

  private Object replays(OperationsParameters parameters) {
    Optional<String> id = parameters.text("id");
    return Map.of(
        "replays",
        new Replays(broker)
            .all().stream()
                .filter(one -> id.isEmpty() || id.get().equals(one.id()))
                .map(OperationsJson::replay)
                .toList());
  }

  private Object audit(OperationsParameters parameters) {
    List<AuditLog.Action> all = new AuditLog(broker).all();
    int limit = parameters.limit();
    return Map.of(
        "actions",
        all.subList(Math.max(0, all.size() - limit), all.size()).stream()
            .map(OperationsJson::action)
            .toList());
  }

  private Object jobs(OperationsParameters parameters) {
    return Map.of("jobs", jobs.all(parameters.text("id")));
  }

  private Object stop(OperationsParameters parameters) {
    String id = parameters.needed("id");
    if (!jobs.stop(id, parameters.by())) {
      throw new IllegalArgumentException("there is no job '%s' here".formatted(id));
    }
    return Map.of("jobs", jobs.all(Optional.of(id)));
  }

  private Object redrive(OperationsParameters parameters) {
    Topic topic = parameters.neededTopic();
    Redrive redrive =
        new Redrive(
            broker,
            topic,
            filter(parameters),
            parameters.text("group").orElse(""),
            parameters.rate(50));
    return Map.of("job", jobs.redrive(redrive, topic.toString(), parameters.by()));
  }

  private Object replay(OperationsParameters parameters) {
    Topic topic = parameters.neededTopic();
    KnownTopic.refuseUnknown(broker, topic);
    Instant now = InstantSource.system().instant();
    Instant from =
        parameters
            .time("from")
            .or(() -> parameters.text("id").map(named -> Instant.EPOCH))
            .orElseThrow(() -> OperationsParameters.missing("from"));
    ReplayPlan plan =
        new ReplayPlan(
            topic,
            from,
            parameters.time("to").orElse((from.isAfter(now) ? from : now).plusSeconds(3_600)),
            parameters.list("type"),
            parameters.list("id"),
            parameters.list("where"),
            parameters.text("into").map(Topic::of).orElse(topic),
            parameters.text("group").orElse(""),
            parameters.rate(100),
            parameters.number("backlog", MOST_A_SECOND).orElse(100),
            parameters.isSet("compare"),
            ReplayPlan.Keys.ANEW,
            ReplayPlan.Deadlines.ANEW,
            PATIENCE);
    return Map.of("job", jobs.replay(plan, comparison(parameters), parameters.by()));
  }

  private Object resume(OperationsParameters parameters) {
    return Map.of(
        "job", jobs.resume(parameters.needed("id"), comparison(parameters), parameters.by()));
  }

  private Object undo(OperationsParameters parameters) {
    Replays.Undone undone = new Replays(broker).undo(parameters.needed("id"), parameters.by());
    return Map.of(
        "unsent", undone.unsent(), "takenBack", undone.takenBack(), "begun", undone.begun());
  }

  private static ReplyComparison comparison(OperationsParameters parameters) {
    return parameters.text("ignore").map(ReplyComparison::ignoring).orElse(ReplyComparison.OF_ALL);
  }

  private static <T> T result(CompletionStage<T> asked) {
    try {
      return asked.toCompletableFuture().join();
    } catch (CompletionException failure) {
      throw failure.getCause() instanceof LeatException known ? known : failure;
    }
  }
}

package dev.leat.gateway.ops;

import dev.leat.BadConfiguration;
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
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of a stack, as JSON: what the command tells, by the same code; and what the command
 * does, as jobs. Blocks: for virtual threads. Any thread.
 */
final class OperationsApi implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OperationsApi.class);

  private static final int MOST = 1_000;

  private static final int MOST_A_SECOND = 1_000_000;

  /** How long a replay waits for a reply, once the last request was sent. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What is asked. */
  private interface Question {
    Object answer(Parameters parameters);
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
    add("/api/topics", Set.of(), this::topics);
    add("/api/census", Set.of("topic"), this::census);
    add("/api/open", Set.of("topic", "limit"), this::open);
    add("/api/messages", Set.of("topic", "from", "to", "type", "limit"), this::messages);
    add(
        "/api/trails",
        Set.of("id", "key", "trace", "topic", "last", "failed", "slow"),
        this::trails);
    add("/api/dead-letters", Set.of("topic", "after", "type", "limit"), this::deadLetters);
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
    post("/api/jobs/stop", Set.of("id"), this::stop);
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

  /** Answers a question; whatever goes wrong is a problem of RFC 9457. */
  Answer answer(String method, String path, Map<String, String> parameters) {
    String asked = (method.equals("HEAD") ? "GET" : method) + " " + path;
    Operation operation = operations.get(asked);
    if (operation == null) {
      return problem(404, "Not found", "there is " + String.join(", ", operations.keySet()));
    }
    Optional<String> unknown =
        parameters.keySet().stream()
            .filter(name -> !operation.parameters().contains(name))
            .findFirst();
    if (unknown.isPresent()) {
      return problem(
          400,
          "Bad request",
          "there is no parameter '%s' here; there is %s"
              .formatted(
                  unknown.get(),
                  operation.parameters().isEmpty()
                      ? "none"
                      : String.join(", ", operation.parameters().stream().sorted().toList())));
    }
    try {
      return new Answer(
          operation.writes() ? 202 : 200,
          OperationsJson.text(operation.question().answer(new Parameters(parameters))));
    } catch (IllegalArgumentException | BadConfiguration wrong) {
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

  private Object topics(Parameters parameters) {
    return Map.of(
        "topics", result(TopicView.all(broker)).stream().map(OperationsJson::topic).toList());
  }

  private Object census(Parameters parameters) {
    return OperationsJson.census(lookAt(parameters), null);
  }

  private Census lookAt(Parameters parameters) {
    Optional<Topic> topic = parameters.topic();
    return result(topic.isPresent() ? Census.of(broker, List.of(topic.get())) : Census.of(broker));
  }

  private Object open(Parameters parameters) {
    int limit = parameters.limit();
    List<Object> open = new ArrayList<>();
    var unused =
        result(
            lookAt(parameters)
                .forEachOpen(
                    broker,
                    one -> {
                      open.add(OperationsJson.open(one));
                      return open.size() < limit;
                    }));
    return Map.of("open", open, "all", open.size() < limit);
  }

  private Object messages(Parameters parameters) {
    Topic topic = parameters.topic().orElseThrow(() -> Parameters.missing("topic"));
    int limit = parameters.limit();
    Optional<String> type = parameters.text("type");
    Predicate<Entry> wanted = entry -> type.isEmpty() || type.get().equals(entry.message().type());
    Optional<Instant> to = parameters.time("to");
    List<Object> found = new ArrayList<>();
    Position next = parameters.time("from").map(Position::at).orElse(Position.START);
    while (found.size() < limit) {
      List<Entry> page = result(broker.range(topic.incoming(), next, Math.min(limit, 100)));
      for (Entry entry : page) {
        boolean isLater = to.isPresent() && entry.at() > to.get().toEpochMilli();
        if (isLater || found.size() == limit) {
          return Map.of("messages", found);
        }
        if (wanted.test(entry)) {
          found.add(message(entry));
        }
      }
      if (page.isEmpty()) {
        break;
      }
      next = Position.after(page.getLast().id());
    }
    return Map.of("messages", found);
  }

  private Map<String, Object> message(Entry entry) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("entry", entry.id());
    all.put("accepted", Instant.ofEpochMilli(entry.at()).toString());
    all.putAll(OperationsJson.message(hidden.of(entry.message().type(), entry.message())));
    return all;
  }

  private Object trails(Parameters parameters) {
    TrailReader reader = new TrailReader(broker);
    Optional<String> id = parameters.text("id");
    Optional<String> key = parameters.text("key");
    Optional<String> trace = parameters.text("trace");
    Optional<Topic> topic = parameters.topic();
    List<Trail> found;
    if (id.isPresent()) {
      found =
          (topic.isPresent() ? reader.of(id.get(), topic.get()) : reader.of(id.get()))
              .stream().toList();
    } else if (key.isPresent()) {
      found = reader.withHeader(Headers.IDEMPOTENCY_KEY, key.get(), 100);
    } else if (trace.isPresent()) {
      found = reader.ofTrace(trace.get(), 100);
    } else {
      int last = parameters.number("last", 100).orElseThrow(() -> Parameters.missing("id"));
      TrailReader.Choice choice =
          parameters.isSet("failed")
              ? TrailReader.Choice.FAILED
              : parameters.isSet("slow") ? TrailReader.Choice.SLOW : TrailReader.Choice.ALL;
      found = reader.last(topic.orElseThrow(() -> Parameters.missing("topic")), last, choice);
    }
    return Map.of(
        "trails", found.stream().map(trail -> OperationsJson.trail(trail, hidden)).toList());
  }

  private Object deadLetters(Parameters parameters) {
    Topic topic = parameters.topic().orElseThrow(() -> Parameters.missing("topic"));
    Position from = parameters.text("after").map(Position::after).orElse(Position.START);
    Optional<String> type = parameters.text("type");
    return Map.of(
        "deadLetters",
        result(new DeadLetters(broker, topic).range(from, parameters.limit())).stream()
            .filter(one -> type.isEmpty() || type.get().equals(one.letter().message().type()))
            .map(one -> OperationsJson.letter(one, hidden))
            .toList());
  }

  private Object replays(Parameters parameters) {
    Optional<String> id = parameters.text("id");
    return Map.of(
        "replays",
        new Replays(broker)
            .all().stream()
                .filter(one -> id.isEmpty() || id.get().equals(one.id()))
                .map(OperationsJson::replay)
                .toList());
  }

  private Object audit(Parameters parameters) {
    List<AuditLog.Action> all = new AuditLog(broker).all();
    int limit = parameters.limit();
    return Map.of(
        "actions",
        all.subList(Math.max(0, all.size() - limit), all.size()).stream()
            .map(OperationsJson::action)
            .toList());
  }

  private Object jobs(Parameters parameters) {
    return Map.of("jobs", jobs.all(parameters.text("id")));
  }

  private Object stop(Parameters parameters) {
    String id = parameters.needed("id");
    if (!jobs.stop(id)) {
      throw new IllegalArgumentException("there is no job '%s' here".formatted(id));
    }
    return Map.of("jobs", jobs.all(Optional.of(id)));
  }

  private Object redrive(Parameters parameters) {
    Topic topic = Topic.of(parameters.needed("topic"));
    LetterFilter filter =
        new LetterFilter(
            parameters.list("id"),
            parameters.list("type"),
            parameters.time("since"),
            parameters.text("cause").orElse(""));
    Redrive redrive =
        new Redrive(
            broker,
            topic,
            filter,
            parameters.text("group").orElse(""),
            parameters.number("rate", MOST_A_SECOND).orElse(50));
    return Map.of("job", jobs.redrive(redrive, topic.toString(), parameters.by()));
  }

  private Object replay(Parameters parameters) {
    Topic topic = Topic.of(parameters.needed("topic"));
    Instant now = InstantSource.system().instant();
    Instant from =
        parameters
            .time("from")
            .or(() -> parameters.text("id").map(named -> Instant.EPOCH))
            .orElseThrow(() -> Parameters.missing("from"));
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
            parameters.number("rate", MOST_A_SECOND).orElse(100),
            parameters.number("backlog", MOST_A_SECOND).orElse(100),
            parameters.isSet("compare"),
            ReplayPlan.Keys.ANEW,
            ReplayPlan.Deadlines.ANEW,
            PATIENCE);
    return Map.of("job", jobs.replay(plan, comparison(parameters), parameters.by()));
  }

  private Object resume(Parameters parameters) {
    return Map.of(
        "job", jobs.resume(parameters.needed("id"), comparison(parameters), parameters.by()));
  }

  private Object undo(Parameters parameters) {
    Replays.Undone undone = new Replays(broker).undo(parameters.needed("id"), parameters.by());
    return Map.of(
        "unsent", undone.unsent(), "takenBack", undone.takenBack(), "begun", undone.begun());
  }

  private static ReplyComparison comparison(Parameters parameters) {
    return parameters.text("ignore").map(ReplyComparison::ignoring).orElse(ReplyComparison.OF_ALL);
  }

  private static <T> T result(CompletionStage<T> asked) {
    try {
      return asked.toCompletableFuture().join();
    } catch (CompletionException failure) {
      throw failure.getCause() instanceof LeatException known ? known : failure;
    }
  }

  /** How a question is put. */
  private record Parameters(Map<String, String> given) {
    static IllegalArgumentException missing(String name) {
      return new IllegalArgumentException("the parameter '%s' is missing".formatted(name));
    }

    Optional<String> text(String name) {
      return Optional.ofNullable(given.get(name)).filter(value -> !value.isEmpty());
    }

    Optional<Topic> topic() {
      return text("topic").map(Topic::of);
    }

    String needed(String name) {
      return text(name).orElseThrow(() -> missing(name));
    }

    /** One value, or none: whoever wants several asks several times. */
    List<String> list(String name) {
      return text(name).stream().toList();
    }

    /** Whoever has the token says who uses it. */
    String by() {
      return text("by").orElse("operations API");
    }

    boolean isSet(String name) {
      String value = given.get(name);
      return value != null && !value.equals("false");
    }

    int limit() {
      return number("limit", MOST).orElse(100);
    }

    Optional<Integer> number(String name, int most) {
      return text(name)
          .map(
              value -> {
                if (!value.matches("[0-9]{1,9}")
                    || Integer.parseInt(value) < 1
                    || Integer.parseInt(value) > most) {
                  throw new IllegalArgumentException(
                      "'%s' is a number from 1 to %d, was '%s'".formatted(name, most, value));
                }
                return Integer.parseInt(value);
              });
    }

    Optional<Instant> time(String name) {
      return text(name)
          .map(
              value -> {
                try {
                  return Instant.parse(value);
                } catch (DateTimeParseException noTime) {
                  throw new IllegalArgumentException(
                      "'%s' is a time such as 2026-11-25T03:00:00Z, was '%s'"
                          .formatted(name, value),
                      noTime);
                }
              });
    }
  }
}

package dev.leat.cli;

import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.trail.OperationsJson;
import dev.leat.trail.Replays;
import dev.leat.trail.Trail;
import dev.leat.trail.TrailReader;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tells all that is remembered of a request. */
@Command(
    name = "trail",
    description = {
      "Tells all that the streams remember of a request: when it was accepted and from where, each"
          + " attempt, what was sent because of it as a tree, and how it ended.",
      "What they do not hold is said to be not known."
    },
    mixinStandardHelpOptions = true)
final class TrailCommand implements Callable<Integer> {
  private final Screen screen = Screen.ofThisProcess();
  @Spec private CommandSpec spec;
  @Mixin private final BrokerOption broker = new BrokerOption();
  @Mixin private final PayloadOptions payloads = new PayloadOptions();

  @Parameters(
      paramLabel = "ID or TOPIC",
      arity = "0..1",
      description = "A message's id; or, with --last, a topic such as users.")
  private @Nullable String what;

  @Option(
      names = "--key",
      paramLabel = "KEY",
      description = "Of the requests of this Idempotency-Key.")
  private @Nullable String key;

  @Option(
      names = "--trace",
      paramLabel = "TRACE",
      description = "Of the requests of this trace, by its 32 hexadecimal digits.")
  private @Nullable String trace;

  @Option(
      names = "--topic",
      paramLabel = "T",
      converter = TopicNames.class,
      description =
          "With an ID: look for it in this topic alone, which is quicker where there are many.")
  private @Nullable String topic;

  @Option(
      names = "--last",
      paramLabel = "N",
      converter = Counts.class,
      description = "Of the last N requests to the topic.")
  private @Nullable Integer last;

  @Option(
      names = "--failed",
      description = "With --last: those that failed, or of which an attempt did, of 20,000.")
  private boolean failed;

  @Option(names = "--slow", description = "With --last: those that took longest, of 20,000.")
  private boolean slow;

  @Option(names = "--json", description = "One JSON object for each, with all that is known.")
  private boolean json;

  @Override
  public Integer call() {
    refuseContradictions();
    try (Leat leat = broker.connect()) {
      Iterator<Trail> trails = find(new TrailReader(leat.broker())).iterator();
      boolean isNone = !trails.hasNext();
      PrintWriter out = spec.commandLine().getOut();
      TrailText text = new TrailText(out, screen, payloads);
      while (trails.hasNext()) {
        Trail trail = trails.next();
        if (json) {
          out.println(Json.line(OperationsJson.trail(trail, payloads.redaction())));
        } else {
          text.print(trail);
        }
      }
      out.flush();
      if (isNone && isReplay(leat)) {
        return ExitCode.OK;
      }
      if (isNone) {
        spec.commandLine().getErr().println("leat: " + Printable.line(nothing()));
        return ExitCode.SOFTWARE;
      }
      return ExitCode.OK;
    }
  }

  /** The id may be that of a replay, which has a trail of its own. */
  private boolean isReplay(Leat leat) {
    if (key != null || trace != null || last != null) {
      return false;
    }
    Optional<Replays.State> found = Replays.of(leat.broker(), String.valueOf(what));
    found.ifPresent(new ReplayText(spec.commandLine(), json)::tell);
    return found.isPresent();
  }

  private void refuseContradictions() {
    if (what == null && key == null && trace == null) {
      throw wrong("say of which request: its id, --key, --trace, or --last N TOPIC");
    }
    boolean isElsewhere = what != null || last != null;
    if ((key != null && (trace != null || isElsewhere)) || (trace != null && isElsewhere)) {
      throw wrong("--key and --trace look everywhere: leave the rest out");
    }
    if (trace != null && !trace.matches("[0-9a-fA-F]{32}")) {
      throw wrong("'" + trace + "' is no trace, which has 32 hexadecimal digits");
    }
    if ((failed && slow) || ((failed || slow) && last == null)) {
      throw wrong("--failed and --slow go with --last N TOPIC, one of them");
    }
  }

  private ParameterException wrong(String why) {
    return new ParameterException(spec.commandLine(), why);
  }

  private Stream<Trail> find(TrailReader reader) {
    if (key != null) {
      return reader.withHeader(Headers.IDEMPOTENCY_KEY, key, MOST);
    }
    if (trace != null) {
      return reader.ofTrace(trace, MOST);
    }
    String named = String.valueOf(what);
    if (last == null) {
      return (topic == null ? reader.of(named) : reader.of(named, Topic.of(topic))).stream();
    }
    TrailReader.Choice choice =
        failed
            ? TrailReader.Choice.FAILED
            : slow ? TrailReader.Choice.SLOW : TrailReader.Choice.ALL;
    return reader.last(Topic.of(named), last, choice);
  }

  /** Requests that are shown at most, of those that something else than an id tells. */
  private static final int MOST = 100;

  private String nothing() {
    if (key != null) {
      return "nothing is remembered of a request with the Idempotency-Key '" + key + "'";
    }
    if (trace != null) {
      return "nothing is remembered of a request of the trace " + trace;
    }
    return last == null
        ? "nothing is remembered of '"
            + what
            + "': no message has that id, or it was kept for long enough"
        : "topic '" + what + "' remembers no such request";
  }
}

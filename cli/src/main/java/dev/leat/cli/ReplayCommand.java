package dev.leat.cli;

import dev.leat.Leat;
import dev.leat.LeatException;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Entry;
import dev.leat.trail.KnownTopic;
import dev.leat.trail.Replay;
import dev.leat.trail.ReplayListener;
import dev.leat.trail.ReplayPlan;
import dev.leat.trail.Replays;
import dev.leat.wire.ReplyComparison;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Sends recorded requests again. */
@Command(
    name = "replay",
    description = {
      "Sends requests again that a topic remembers. Whoever asked first hears nothing of it.",
      "What is to be sent is written down first: stopped, by Ctrl-C or worse, it goes on with"
          + " --resume, and sends each once. Requests that are at work, and those of earlier replays,"
          + " are left out unless --id names them."
    },
    mixinStandardHelpOptions = true)
final class ReplayCommand implements Callable<Integer> {
  /** What may be said of a replay that was begun before. */
  private static final Set<String> OF_A_KNOWN_ONE =
      Set.of("--broker", "--redact", "--ignore", "--json", "--by", "--list", "--resume", "--undo");

  @Spec private CommandSpec spec;
  @Mixin private final BrokerOption broker = new BrokerOption();
  @Mixin private final RedactOption redact = new RedactOption();

  @Parameters(
      paramLabel = "TOPIC",
      arity = "0..1",
      converter = TopicNames.class,
      description = "Whose requests, such as users, or shop::orders.")
  private @Nullable String topic;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      converter = InstantConverter.class,
      description = "Accepted since then: 10m ago, or 2026-11-25T03:00:00Z.")
  private @Nullable Instant from;

  @Option(
      names = "--to",
      paramLabel = "TIME",
      converter = InstantConverter.class,
      description = "Accepted until then. Default: now.")
  private @Nullable Instant to;

  @Option(names = "--type", paramLabel = "X", description = "Of this type; may be repeated.")
  private List<String> types = List.of();

  @Option(names = "--id", paramLabel = "ID", description = "These requests; may be repeated.")
  private List<String> ids = List.of();

  @Option(
      names = "--where",
      paramLabel = "/POINTER=VALUE",
      description =
          "Whose payload has this value where the JSON pointer leads, as /user/id=7; may be repeated.")
  private List<String> where = List.of();

  @Option(
      names = "--into",
      paramLabel = "TOPIC",
      converter = TopicNames.class,
      description = "Sends them to this topic, rather than to the one they are from.")
  private @Nullable String into;

  @Option(names = "--group", paramLabel = "G", description = "For workers of this group alone.")
  private String group = "";

  @Option(
      names = "--rate",
      paramLabel = "N/s",
      defaultValue = "100/s",
      converter = Rates.class,
      description = "How many a second, at most. Default: ${DEFAULT-VALUE}.")
  private double rate;

  @Option(
      names = "--backlog",
      paramLabel = "N",
      defaultValue = "100",
      description =
          "Sends none while so many are open at a group of the topic. Default: ${DEFAULT-VALUE}.")
  private long backlog;

  @Option(
      names = "--idempotency-keys",
      paramLabel = "anew|keep",
      defaultValue = "anew",
      description =
          "Keys made anew have each request done once more; with those that are kept an idempotent"
              + " handler answers as before. Default: ${DEFAULT-VALUE}.")
  private ReplayPlan.Keys keys;

  @Option(
      names = "--deadlines",
      paramLabel = "anew|keep|none",
      defaultValue = "anew",
      description =
          "Made anew, a request has as long as it had; kept, mostly none. Default: ${DEFAULT-VALUE}.")
  private ReplayPlan.Deadlines deadlines;

  @Option(names = "--dry-run", description = "Only says what it would send.")
  private boolean dryRun;

  @Option(
      names = "--compare",
      description =
          "Holds the new replies against the recorded ones and prints what differs; exit 1 if anything"
              + " does. What has no recorded reply is left out.")
  private boolean compare;

  @Option(
      names = "--ignore",
      paramLabel = "TYPE=/POINTER,...",
      defaultValue = "${env:LEAT_COMPARE_IGNORE}",
      converter = Comparisons.class,
      description =
          "What --compare does not look at: '/at,/id', or by type 'user.get=/seen;*=/at'. Default:"
              + " LEAT_COMPARE_IGNORE.")
  private ReplyComparison comparison = ReplyComparison.OF_ALL;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "30s",
      converter = Durations.class,
      description =
          "How long --compare waits for a reply, once the last request was sent. Default:"
              + " ${DEFAULT-VALUE}.")
  private Duration patience;

  @Option(
      names = "--json",
      description = "One JSON object for each difference, and one at the end.")
  private boolean json;

  @Option(names = "--list", description = "Lists the replays that are remembered.")
  private boolean list;

  @Option(names = "--resume", paramLabel = "ID", description = "Goes on with one that was stopped.")
  private @Nullable String resume;

  @Option(
      names = "--undo",
      paramLabel = "ID",
      description = "Takes back what was sent, as far as nobody has begun it, and sends no more.")
  private @Nullable String undo;

  @Option(
      names = "--by",
      paramLabel = "NAME",
      defaultValue = "${sys:user.name}",
      description = "Who has it done, for those who ask later. Default: ${DEFAULT-VALUE}.")
  private String by;

  @Override
  public Integer call() throws InterruptedException {
    refuseContradictions();
    Leat leat = broker.connect();
    return Stoppable.run(leat, isStopped -> run(leat, new Replays(leat.broker()), isStopped));
  }

  private int run(Leat leat, Replays replays, BooleanSupplier isStopped) {
    ReplayText text = new ReplayText(spec.commandLine(), json);
    if (list) {
      replays.all().forEach(text::print);
      return ExitCode.OK;
    }
    if (undo != null) {
      text.print(undo, replays.undo(undo, by));
      return ExitCode.OK;
    }
    if (resume != null) {
      try (Replay replay = replays.find(resume, by)) {
        return sent(replay, text, isStopped);
      }
    }
    ReplayPlan plan = plan(leat);
    if (dryRun) {
      return text.wouldSend(plan, replays.look(plan)) ? ExitCode.OK : ExitCode.SOFTWARE;
    }
    try (Replay replay = replays.prepare(plan, by)) {
      return text.begins(replay) ? sent(replay, text, isStopped) : nothing(replay);
    }
  }

  /** It has nothing to send: that it was begun is remembered, and that it has ended. */
  private int nothing(Replay replay) {
    replay.run(comparison, redact.redaction(), new ReplayListener() {}, () -> false);
    return ExitCode.SOFTWARE;
  }

  private int sent(Replay replay, ReplayText text, BooleanSupplier isStopped) {
    Replay.Result result;
    try {
      result = replay.run(comparison, redact.redaction(), text, isStopped);
    } catch (LeatException | IllegalArgumentException failure) {
      text.brokeOff(replay);
      throw failure;
    }
    text.print(replay, result);
    return result.left() > 0
            || result.isStopped()
            || result.different() > 0
            || result.unanswered() > 0
        ? ExitCode.SOFTWARE
        : ExitCode.OK;
  }

  private void refuseContradictions() {
    boolean isKnown = resume != null || undo != null || list;
    int asked = (topic == null ? 0 : 1) + (resume == null ? 0 : 1) + (undo == null ? 0 : 1);
    if (asked + (list ? 1 : 0) != 1) {
      throw wrong("say one of: whose requests, as a TOPIC, --resume ID, --undo ID, or --list");
    }
    List<String> other =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .map(OptionSpec::longestName)
            .filter(name -> !OF_A_KNOWN_ONE.contains(name))
            .toList();
    if (isKnown && !other.isEmpty()) {
      throw wrong("what a replay sends was said when it began: leave " + other.getFirst() + " out");
    }
    if (!isKnown && from == null && ids.isEmpty()) {
      throw wrong("say which requests: --from TIME, such as 10m, or --id ID");
    }
  }

  private ParameterException wrong(String why) {
    return new ParameterException(spec.commandLine(), why);
  }

  private ReplayPlan plan(Leat leat) {
    Topic of = Topic.of(String.valueOf(topic));
    KnownTopic.refuseUnknown(leat.broker(), of);
    Instant begin = from == null ? Instant.EPOCH : from;
    if (from != null) {
      oldest(leat, of)
          .filter(kept -> kept.isAfter(begin))
          .ifPresent(kept -> warn("of %s nothing is kept from before %s".formatted(of, kept)));
    }
    return new ReplayPlan(
        of,
        begin,
        to == null ? afterNow(begin) : to,
        types,
        ids,
        where,
        into == null ? of : Topic.of(into),
        group,
        rate,
        backlog,
        compare,
        keys,
        deadlines,
        patience);
  }

  /** Whatever comes until it begins. */
  private static Instant afterNow(Instant begin) {
    Instant now = InstantSource.system().instant();
    return (begin.isAfter(now) ? begin : now).plus(Duration.ofDays(1));
  }

  private static Optional<Instant> oldest(Leat leat, Topic topic) {
    List<Entry> first =
        leat.broker().range(topic.incoming(), Position.START, 1).toCompletableFuture().join();
    return first.stream().map(entry -> Instant.ofEpochMilli(entry.at())).findFirst();
  }

  private void warn(String what) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("leat: " + what);
    err.flush();
  }

  /** Reads what is not compared. */
  static final class Comparisons implements ITypeConverter<ReplyComparison> {
    @Override
    public ReplyComparison convert(String text) {
      try {
        return ReplyComparison.ignoring(text);
      } catch (IllegalArgumentException malformed) {
        throw new TypeConversionException(malformed.getMessage());
      }
    }
  }
}

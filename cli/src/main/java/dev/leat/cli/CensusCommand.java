package dev.leat.cli;

import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.trail.Census;
import dev.leat.trail.KnownTopic;
import dev.leat.trail.OperationsJson;
import dev.leat.trail.TopicCensus;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tells what is in flight. */
@Command(
    name = "census",
    description = {
      "Tells what is in flight, of all topics or of one, read from the streams themselves.",
      "OPEN is what a group has not completed: WAITING for somebody, RUNNING, DELAYED until its next"
          + " attempt, HELD back by order, or left by a member that is GONE. OLDEST is the age of the"
          + " oldest of it, LAG that of the oldest which nobody was handed yet."
    },
    mixinStandardHelpOptions = true)
final class CensusCommand implements Callable<Integer> {
  private final Screen screen = Screen.ofThisProcess();
  @Spec private CommandSpec spec;
  @Mixin private final BrokerOption broker = new BrokerOption();

  @Parameters(
      paramLabel = "TOPIC",
      arity = "0..1",
      converter = TopicNames.class,
      description = "Such as users, or shop::orders. Default: all there are.")
  private @Nullable String topic;

  @Option(
      names = "--open",
      description =
          "List each message that is open, oldest first: how it stands, since when, who has it.")
  private boolean open;

  @Option(
      names = "--at",
      paramLabel = "TIME",
      converter = InstantConverter.class,
      description =
          "What was in flight then, as far as the streams remember: 10m ago, or"
              + " 2026-11-25T03:00:00Z.")
  private @Nullable Instant at;

  @Option(
      names = "--json",
      description = "As JSON, one object on one line; of --open one for each.")
  private boolean json;

  @Option(names = "--watch", description = "Again and again, until Ctrl-C.")
  private boolean watch;

  @Option(
      names = "--over",
      paramLabel = "TIME",
      defaultValue = "1s",
      converter = Durations.class,
      description =
          "How far apart the two looks are that rates and trends come from; 0s for one look, without."
              + " Default: ${DEFAULT-VALUE}.")
  private Duration over;

  @Override
  public Integer call() throws InterruptedException {
    if (at != null && watch) {
      throw new ParameterException(
          spec.commandLine(), "what was then does not change: leave --watch out");
    }
    if (open && watch) {
      throw new ParameterException(
          spec.commandLine(), "--open lists once what is open; leat top shows it live");
    }
    Leat leat = broker.connect();
    CountDownLatch ending = new CountDownLatch(1);
    Closing closing =
        Closing.on(
            () -> {
              ending.countDown();
              leat.close();
            });
    try {
      if (at != null) {
        new PastCensusPrinter(spec.commandLine().getOut(), screen, json, open)
            .print(leat.broker(), topics(leat), at);
      } else if (open) {
        list(leat);
      } else {
        tell(leat, ending);
      }
      return ExitCode.OK;
    } finally {
      closing.now();
    }
  }

  private void tell(Leat leat, CountDownLatch ending) throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    Census before = watch || over.isZero() ? null : look(leat);
    if (before != null && ending.await(over.toMillis(), TimeUnit.MILLISECONDS)) {
      return;
    }
    do {
      Census now = look(leat);
      print(out, now, before);
      before = now;
    } while (watch
        && !out.checkError()
        && !ending.await(Math.max(100, over.toMillis()), TimeUnit.MILLISECONDS));
  }

  private void print(PrintWriter out, Census now, @Nullable Census before) {
    if (json) {
      out.println(Json.line(OperationsJson.census(now, before)));
      return;
    }
    out.print(watch ? screen.cleared() : "");
    List<String> lines = CensusText.lines(now, before);
    out.println(screen.faint(lines.getFirst()));
    lines.subList(1, lines.size()).forEach(out::println);
    if (topic != null) {
      now.topics().forEach(one -> CensusText.members(one).forEach(out::println));
    }
    out.flush();
  }

  private void list(Leat leat) {
    PrintWriter out = spec.commandLine().getOut();
    look(leat)
        .forEachOpen(
            leat.broker(),
            one -> {
              out.println(json ? Json.line(OperationsJson.open(one)) : OpenLine.of(one, screen));
              // Whoever reads this may have had enough of a million.
              return !out.checkError();
            })
        .toCompletableFuture()
        .join();
    out.flush();
  }

  private List<Topic> topics(Leat leat) {
    return look(leat).topics().stream().map(TopicCensus::topic).toList();
  }

  private Census look(Leat leat) {
    if (topic == null) {
      return result(Census.of(leat.broker()));
    }
    Topic one = Topic.of(topic);
    Census census = result(Census.of(leat.broker(), List.of(one)));
    if (census.topics().stream().noneMatch(KnownTopic::isThere)) {
      throw KnownTopic.unknown(leat.broker(), one);
    }
    return census;
  }

  private static <T> T result(CompletionStage<T> asked) {
    CompletableFuture<T> future = asked.toCompletableFuture();
    return future.join();
  }
}

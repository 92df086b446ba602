package dev.leat.cli;

import dev.leat.Leat;
import dev.leat.LeatException;
import dev.leat.Topic;
import dev.leat.bridge.Bridge;
import dev.leat.broker.BrokerUrl;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Moves topics from one broker to another. */
@Command(
    name = "bridge",
    description = {
      "Moves topics from one broker to another while both are in use, until Ctrl-C.",
      "Hands what is asked at the first to the workers at the other, brings back the",
      "answers, and copies dead letters. May be ended, and begun again, at any time."
    },
    mixinStandardHelpOptions = true)
final class BridgeCommand implements Callable<Integer> {
  private static final Duration LOOK = Duration.ofSeconds(1);

  @Spec private CommandSpec spec;

  @Option(
      names = "--from",
      paramLabel = "URL",
      required = true,
      description = "The broker that is left.")
  private String from;

  @Option(
      names = "--to",
      paramLabel = "URL",
      required = true,
      description = "The broker that is moved to.")
  private String to;

  @Parameters(
      paramLabel = "TOPIC",
      arity = "1..*",
      converter = TopicNames.class,
      description = "Such as users, or shop::orders.")
  private List<String> topics;

  @Option(
      names = "--group",
      paramLabel = "G",
      defaultValue = "",
      description = "Whose requests are handed on. Default: the only group that answers.")
  private String group;

  @Option(names = "--ordered", description = "That group keeps order by key.")
  private boolean ordered;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      defaultValue = "1000",
      description =
          "Requests of a topic that are on their way at a time, at most. Default: ${DEFAULT-VALUE}.")
  private int concurrency;

  @Option(
      names = "--kept",
      description =
          "Copies what is completed and kept, too, before anything else; the topics must have no"
              + " workers at the other broker yet.")
  private boolean kept;

  @Override
  public Integer call() throws InterruptedException {
    if (from.equals(to)) {
      throw new ParameterException(
          spec.commandLine(), "--from and --to are the same broker, " + BrokerUrl.parse(to));
    }
    if (Set.copyOf(topics).size() < topics.size()) {
      throw new ParameterException(spec.commandLine(), "a topic is named twice");
    }
    Leat first = SharedBroker.connect(spec, from);
    Leat second = other(first);
    Map<Topic, Bridge> bridges = new LinkedHashMap<>();
    Closing closing = Closing.on(() -> end(bridges, first, second));
    try {
      for (String topic : topics) {
        Bridge.Plan plan = new Bridge.Plan(group, ordered, concurrency, kept);
        Bridge opened = Bridge.open(first, second, Topic.of(topic), plan);
        synchronized (bridges) {
          bridges.put(Topic.of(topic), opened);
        }
        Object unused = opened.ready().toCompletableFuture().join();
      }
      spec.commandLine()
          .getOut()
          .printf(
              "bridging %s to %s, until Ctrl-C%n", String.join(", ", topics), BrokerUrl.parse(to));
      spec.commandLine().getOut().flush();
      while (!closing.await(LOOK)) {
        refuseEnded(bridges);
        show(bridges);
      }
      return 0;
    } catch (CompletionException failed) {
      throw failed.getCause() instanceof LeatException known ? known : failed;
    } finally {
      closing.now();
    }
  }

  private Leat other(Leat first) {
    try {
      return SharedBroker.connect(spec, to);
    } catch (RuntimeException refused) {
      first.close();
      throw refused;
    }
  }

  private static void refuseEnded(Map<Topic, Bridge> bridges) {
    for (Bridge one : bridges.values()) {
      if (one.ended().toCompletableFuture().isCompletedExceptionally()) {
        Object unused = one.ended().toCompletableFuture().join();
      }
    }
  }

  private void end(Map<Topic, Bridge> bridges, Leat first, Leat second) {
    synchronized (bridges) {
      // Each waits for what is on its way; closing this waits for all of them.
      try (ExecutorService ending = Executors.newVirtualThreadPerTaskExecutor()) {
        bridges.values().forEach(one -> ending.execute(one::close));
      }
      Progress.show(spec.commandLine().getErr(), "");
      PrintWriter out = spec.commandLine().getOut();
      bridges.forEach((topic, one) -> out.println(said(topic, one.counts())));
      out.flush();
    }
    first.close();
    second.close();
  }

  private static String said(Topic topic, Bridge.Counts counts) {
    return "%s: %d requests were handed on, %d are done, %d were given up; %d dead letters and %d kept requests were copied"
        .formatted(
            topic,
            counts.sent(),
            counts.answered(),
            counts.givenUp(),
            counts.letters(),
            counts.kept());
  }

  /** For people alone, on a line that is gone when it is over. */
  private void show(Map<Topic, Bridge> bridges) {
    long sent = bridges.values().stream().mapToLong(one -> one.counts().sent()).sum();
    Progress.show(spec.commandLine().getErr(), sent + " handed on");
  }
}

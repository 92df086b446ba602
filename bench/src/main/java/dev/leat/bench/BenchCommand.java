package dev.leat.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Leat and what it replaces under the same load, in turns. */
@Command(
    name = "leat bench",
    description = {
      "Measures Leat and its peers under the same load, in turns, each in processes of its own.",
      "Prints medians with the least and the most; writes all of it as JSON, and plots."
    },
    mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
  /** Brokers that are named by a word rather than a URL. */
  private static final String REDIS = "redis";

  private static final String REDIS_WITH_LOG = "redis-aof";

  private static final String KAFKA = "kafka";

  private static final int RATED_CONNECTIONS = 64;

  @Spec private CommandSpec spec;

  @Option(
      names = "--broker",
      split = ",",
      paramLabel = "B",
      defaultValue = "memory:,redis",
      description =
          "memory:, file: (a folder of its own), redis (a redis-server that is started), redis-aof "
              + "(the same with its log, everysec), kafka (a node that is started), or the URL of "
              + "one that is there. "
              + "Default: ${DEFAULT-VALUE}.")
  private List<String> brokers;

  @Option(
      names = "--connections",
      split = ",",
      paramLabel = "N",
      defaultValue = "1,64,256,1024",
      description = "Connections of the load. Default: ${DEFAULT-VALUE}.")
  private List<Integer> connections;

  @Option(
      names = "--peers",
      split = ",",
      paramLabel = "P",
      defaultValue = "vertx",
      description =
          "What Leat is compared with: vertx, grpc, spring, kafka (its plain clients). Default: ${DEFAULT-VALUE}.")
  private List<String> peers;

  @Option(
      names = "--pairs",
      paramLabel = "N",
      defaultValue = "5",
      description = "Samples of each in a start. Default: ${DEFAULT-VALUE}.")
  private int pairs;

  @Option(
      names = "--starts",
      paramLabel = "N",
      defaultValue = "2",
      description = "How often all is started afresh. Default: ${DEFAULT-VALUE}.")
  private int starts;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "4",
      description = "Length of a sample. Default: ${DEFAULT-VALUE}.")
  private int seconds;

  @Option(
      names = "--warm-up",
      paramLabel = "S",
      defaultValue = "8",
      description =
          "Seconds of load for each number of connections before anything counts. "
              + "Default: ${DEFAULT-VALUE}.")
  private int warmUp;

  @Option(
      names = "--body",
      paramLabel = "BYTES",
      defaultValue = "50",
      description = "Size of the JSON that is posted and echoed. Default: ${DEFAULT-VALUE}.")
  private int body;

  @Option(
      names = "--rates",
      split = ",",
      paramLabel = "N",
      description = {
        "Requests a second of a load that waits for no answer; 64 connections. Latency is counted",
        "from when each request was due. Default: none."
      })
  private List<Integer> rates = List.of();

  @Option(
      names = "--jfr",
      description = {
        "Notes where CPU time goes, a file for each JVM; jfr view cpu-time-hot-methods FILE shows",
        "it. Slows all down a little."
      })
  private boolean jfr;

  @Option(
      names = "--scale",
      description = {
        "Measures one gateway before 1, 2 and 4 workers over Redis, and no peers; with --broker",
        "kafka ever more partitions and members over that."
      })
  private boolean scale;

  @Option(
      names = "--costs",
      description = {
        "Measures whether many routes or a long stream make a request dearer, and what it",
        "allocates, and no peers."
      })
  private boolean costs;

  @Option(
      names = "--durable",
      description = {
        "Measures file: and a Redis whose log is synced always beside bare appends that are synced,",
        "and no peers."
      })
  private boolean durable;

  @Option(
      names = "--restart",
      description = "Measures how long file: takes to start with very much in its folder.")
  private boolean restart;

  @Option(
      names = "--growth",
      description = {
        "Measures what a request takes where there is 1, 10 and 100 times as much in it or around",
        "it, over each broker, and no peers."
      })
  private boolean growth;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      defaultValue = "bench/target/results",
      description = "Where JSON, plots and logs go. Default: ${DEFAULT-VALUE}.")
  private Path out;

  /** Runs the command. */
  public static void main(String... arguments) {
    System.exit(
        new CommandLine(new BenchCommand())
            .setExecutionExceptionHandler(
                (failure, line, parsed) -> {
                  line.getErr().println("leat bench: " + failure.getMessage());
                  return 1;
                })
            .execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    refuseWhatIsMissing();
    Path folder = Files.createDirectories(out.toAbsolutePath());
    PrintWriter screen = spec.commandLine().getOut();
    if (jfr) {
      Program.record();
    }
    Wrk wrk = new Wrk(folder, Body.of(body));
    Comparison.Plan plan =
        new Comparison.Plan(
            connections, starts, pairs, Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds));
    if (scale) {
      List<Supplier<Setup>> setups =
          brokers.contains(KAFKA) ? Scale.overKafka(folder) : Scale.overRedis(folder);
      Scale.print(screen, Scale.measure(setups, wrk, plan));
      return 0;
    }
    if (costs) {
      var unused = Costs.measure(screen, folder, wrk, plan, () -> dot(screen));
      return 0;
    }
    if (durable) {
      Durable.measure(screen, folder, wrk, plan);
      return 0;
    }
    if (restart) {
      Restart.measure(screen, folder);
      return 0;
    }
    if (growth) {
      brokers.forEach(broker -> Setup.growth(screen, folder, broker));
      return 0;
    }
    List<Comparison> all = new ArrayList<>();
    List<FixedRate> fixed = new ArrayList<>();
    for (String peer : peers) {
      for (String broker : brokers) {
        screen.printf("%s against %s%n", broker, peer);
        screen.flush();
        List<Comparison> these =
            Comparison.of(peer(folder, peer), leat(folder, broker), wrk, plan, () -> dot(screen));
        screen.println();
        these.forEach(one -> Report.print(screen, one));
        screen.flush();
        all.addAll(these);
        for (int rate : rates) {
          FixedRate one =
              FixedRate.of(
                  peer(folder, peer),
                  leat(folder, broker),
                  rate,
                  RATED_CONNECTIONS,
                  Body.of(body),
                  plan);
          one.print(screen);
          screen.flush();
          fixed.add(one);
        }
      }
    }
    Report.write(folder, body, plan, all, fixed);
    Plot.write(folder, all);
    screen.println("written to " + folder);
    return 0;
  }

  private static void dot(PrintWriter screen) {
    screen.print('.');
    screen.flush();
  }

  private void refuseWhatIsMissing() {
    if (!Wrk.isThere()) {
      throw new ParameterException(
          spec.commandLine(),
          "wrk is missing: install it (apt-get install wrk) and run this again");
    }
    boolean needsServer =
        (scale && !brokers.contains(KAFKA))
            || costs
            || durable
            || brokers.contains(REDIS)
            || brokers.contains(REDIS_WITH_LOG);
    if (needsServer && !isOnPath("redis-server")) {
      throw new ParameterException(
          spec.commandLine(),
          "redis-server is missing: install it (apt-get install redis-server), or say --broker memory:");
    }
    peers.forEach(name -> peer(Path.of("."), name));
    if (peers.contains("spring") && !Setup.isSpringThere()) {
      throw new ParameterException(
          spec.commandLine(), "the peer on Spring is not built: run mvn package once");
    }
    connections.stream()
        .filter(number -> number < 1)
        .findAny()
        .ifPresent(
            number -> {
              throw new ParameterException(
                  spec.commandLine(), "--connections are at least 1, was " + number);
            });
  }

  private static boolean isOnPath(String program) {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  private Supplier<Setup> peer(Path folder, String name) {
    return switch (name) {
      case "vertx" -> () -> Setup.vertx(folder);
      case "grpc" -> () -> Setup.grpc(folder);
      case "spring" -> () -> Setup.spring(folder);
      case KAFKA -> () -> KafkaSetup.plain(folder);
      default ->
          throw new ParameterException(
              spec.commandLine(),
              "'" + name + "' is no peer; there are vertx, grpc, spring and kafka");
    };
  }

  private static Supplier<Setup> leat(Path folder, String broker) {
    return switch (broker) {
      case "memory:" -> () -> Setup.embedded(folder, 1);
      case "file:" -> () -> Setup.file(folder);
      case REDIS -> () -> Setup.redis(folder, Setup.Log.NONE);
      case KAFKA -> () -> KafkaSetup.leat(folder);
      case REDIS_WITH_LOG -> () -> Setup.redis(folder, Setup.Log.EVERY_SECOND);
      default -> () -> Setup.over(folder, broker);
    };
  }
}

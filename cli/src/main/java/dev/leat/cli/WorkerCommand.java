package dev.leat.cli;

import dev.leat.Handling;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.Retry;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.gateway.Listener;
import dev.leat.gateway.ManagementPort;
import dev.leat.gateway.config.GatewayFile;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Makes a worker of any program. */
@Command(
    name = "worker",
    description = {
      "Runs a command for each message: the payload is its input, its output the reply.",
      "An exit code other than 0 is a failure, and what it wrote to standard error the cause.",
      "LEAT_ID, LEAT_TYPE and LEAT_HEADER_<NAME> are in its environment."
    },
    mixinStandardHelpOptions = true)
final class WorkerCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private final BrokerOption broker = new BrokerOption();

  @Option(
      names = "--topic",
      required = true,
      paramLabel = "T",
      converter = TopicNames.class,
      description = "Such as users, or shop::orders; may be repeated.")
  private List<String> topics;

  @Option(
      names = "--type",
      required = true,
      paramLabel = "X",
      description = "Message type to handle; may be repeated.")
  private List<String> types;

  @Option(
      names = "--group",
      paramLabel = "G",
      defaultValue = Worker.DEFAULT_GROUP,
      description = "Group to join. Default: ${DEFAULT-VALUE}.")
  private String group;

  @Option(
      names = "--listening",
      description = "Answer nobody: for a group that only looks on; all of a group say so.")
  private boolean listening;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      defaultValue = "8",
      converter = Counts.class,
      description = "Commands that run at a time. Default: ${DEFAULT-VALUE}.")
  private int concurrency;

  @Option(
      names = "--members",
      paramLabel = "N",
      defaultValue = "1",
      converter = Counts.class,
      description = "Members of the group to be. Default: ${DEFAULT-VALUE}.")
  private int members;

  @Option(
      names = "--ordered",
      description = "Handle messages of one key one at a time, in order; all of a group say so.")
  private boolean ordered;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Stable name of the members; one that comes back goes on with what it held.")
  private @Nullable String name;

  @Option(
      names = "--from",
      paramLabel = "START|now|ID",
      defaultValue = "start",
      converter = Positions.class,
      description = "Where the group begins, if this creates it. Default: ${DEFAULT-VALUE}.")
  private Position from;

  @Option(
      names = "--attempts",
      paramLabel = "N",
      defaultValue = "1",
      converter = Counts.class,
      description = "How often a message is tried whose command fails. Default: ${DEFAULT-VALUE}.")
  private int attempts;

  @Option(
      names = "--backoff",
      paramLabel = "TIME",
      defaultValue = "200ms",
      converter = Durations.class,
      description = "Wait before the second attempt; it doubles. Default: ${DEFAULT-VALUE}.")
  private Duration backoff;

  @Option(
      names = "--idempotent",
      description = "Keep answers for a day, and answer the same request from what is kept.")
  private boolean idempotent;

  @Option(
      names = "--management",
      paramLabel = "HOST:PORT",
      converter = Addresses.class,
      description =
          "Answer /health/live, /health/ready and /metrics there, such as 127.0.0.1:9091.")
  private @Nullable Listener management;

  @Mixin private final KeepOptions kept = new KeepOptions();

  @Parameters(paramLabel = "COMMAND", arity = "1..*", description = "The command, behind a --.")
  private List<String> command;

  @Override
  public Integer call() throws InterruptedException {
    CommandHandler handler = new CommandHandler(command, broker.url());
    Leat leat = broker.connect();
    AtomicReference<@Nullable ManagementPort> managed = new AtomicReference<>();
    Closing closing =
        Closing.on(
            () -> {
              leat.close();
              ManagementPort open = managed.get();
              if (open != null) {
                open.close();
              }
            },
            leat::hasten);
    try {
      if (management != null) {
        managed.set(
            ManagementPort.open(
                leat, management, topics.stream().map(Topic::of).toList(), Access.ofThisProcess()));
      }
      Worker worker =
          leat.worker(topics.getFirst())
              .group(group)
              .concurrency(concurrency)
              .members(members)
              .from(from);
      topics.forEach(worker::addTopic);
      if (ordered) {
        worker.ordered();
      }
      kept.sayTo(worker);
      if (listening) {
        worker.listening();
      }
      if (name != null) {
        worker.named(name);
      }
      Handling handling = handling();
      types.forEach(type -> worker.on(type, Message.class, handler, handling));
      worker.start();
    } catch (RuntimeException failure) {
      closing.now();
      throw failure;
    }
    spec.commandLine()
        .getOut()
        .println("working on " + String.join(", ", topics) + " as one of " + group);
    ManagementPort open = managed.get();
    if (open != null) {
      spec.commandLine().getOut().println("managed at port " + open.port());
    }
    spec.commandLine().getOut().flush();
    closing.await();
    return 0;
  }

  private Handling handling() {
    Duration ceiling = backoff.compareTo(Retry.SOME.ceiling()) > 0 ? backoff : Retry.SOME.ceiling();
    Handling handling =
        attempts == 1
            ? Handling.DEFAULT
            : Handling.retrying(Retry.times(attempts).withWaits(backoff, ceiling));
    return idempotent ? handling.idempotent() : handling;
  }

  /** Reads where to listen. */
  static final class Addresses implements ITypeConverter<Listener> {
    @Override
    public Listener convert(String text) {
      try {
        return GatewayFile.address(text);
      } catch (IllegalArgumentException malformed) {
        throw new TypeConversionException(malformed.getMessage());
      }
    }
  }
}

package dev.leat.cli;

import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Worker;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

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
      description = "Such as users, or shop::orders.")
  private String topic;

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
      names = "--concurrency",
      paramLabel = "N",
      defaultValue = "8",
      description = "Commands that run at a time. Default: ${DEFAULT-VALUE}.")
  private int concurrency;

  @Parameters(paramLabel = "COMMAND", arity = "1..*", description = "The command, behind a --.")
  private List<String> command;

  @Override
  public Integer call() throws InterruptedException {
    Leat leat = broker.connect();
    Closing closing = Closing.on(leat::close);
    try {
      Worker worker = leat.worker(topic).group(group).concurrency(concurrency);
      CommandHandler handler = new CommandHandler(command);
      types.forEach(type -> worker.on(type, Message.class, handler));
      worker.start();
    } catch (RuntimeException failure) {
      closing.now();
      throw failure;
    }
    spec.commandLine().getOut().println("working on " + topic + " as one of " + group);
    closing.await();
    return 0;
  }
}

package dev.leat.cli;

import dev.leat.HandlerFailed;
import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.wire.ProblemReply;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Sends a request, prints its reply. */
@Command(
    name = "call",
    description = "Sends a request and prints its reply; a problem goes to standard error, exit 1.",
    mixinStandardHelpOptions = true)
final class CallCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private final BrokerOption broker = new BrokerOption();
  @Mixin private final Outgoing outgoing = new Outgoing();

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "2s",
      converter = Durations.class,
      description = "How long to wait: 500ms, 2s, 1m. Default: ${DEFAULT-VALUE}.")
  private Duration timeout;

  @Override
  public Integer call() throws IOException {
    Payload payload = outgoing.payload();
    try (Leat leat = broker.connect()) {
      Payload reply = ask(leat, payload);
      PrintStream out = System.out;
      if (Screen.isTerminal()) {
        out.print(Printable.text(reply.asText()));
      } else {
        out.write(reply.bytes());
      }
      out.println();
      if (out.checkError()) {
        spec.commandLine().getErr().println("leat: the output could not be written");
        return 1;
      }
      return 0;
    } catch (HandlerFailed failed) {
      spec.commandLine()
          .getErr()
          .println(Printable.line(ProblemReply.payload(failed.problem()).asText()));
      return 1;
    }
  }

  private Payload ask(Leat leat, Payload payload) {
    return Progress.during(
        spec.commandLine().getErr(),
        "waiting for a reply of " + outgoing.topic(),
        Screen.isTerminal(),
        () ->
            leat.caller()
                .with(outgoing.headers())
                .call(outgoing.topic(), outgoing.type(), payload, Payload.class, timeout));
  }
}

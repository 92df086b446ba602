package dev.leat.cli;

import dev.leat.HandlerFailed;
import dev.leat.Leat;
import dev.leat.Parts;
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

  @Option(
      names = "--stream",
      description = "Prints the reply part by part, a line each, as they come.")
  private boolean stream;

  @Override
  public Integer call() throws IOException {
    Payload payload = outgoing.payload();
    try (Leat leat = broker.connect()) {
      boolean isWritten = stream ? printParts(leat, payload) : print(ask(leat, payload));
      if (!isWritten) {
        spec.commandLine().getErr().println("leat: the output could not be written");
      }
      return isWritten ? 0 : 1;
    } catch (HandlerFailed failed) {
      spec.commandLine()
          .getErr()
          .println(Printable.line(ProblemReply.payload(failed.problem()).asText()));
      return 1;
    }
  }

  /** Whoever does not read any more, as {@code head}, ends the handler that writes. */
  private boolean printParts(Leat leat, Payload payload) throws IOException {
    try (Parts<Payload> parts =
        leat.caller().with(outgoing.headers()).stream(
            outgoing.topic(), outgoing.type(), payload, Payload.class, timeout)) {
      boolean isWritten = true;
      while (isWritten && parts.hasNext()) {
        isWritten = print(parts.next());
      }
      return isWritten;
    }
  }

  private static boolean print(Payload payload) throws IOException {
    PrintStream out = System.out;
    if (Screen.isTerminal()) {
      out.print(Printable.text(payload.asText()));
    } else {
      out.write(payload.bytes());
    }
    out.println();
    return !out.checkError();
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

package dev.leat.cli;

import dev.leat.Leat;
import dev.leat.broker.Capability;
import dev.leat.trail.DeadLetters;
import dev.leat.trail.LetterFilter;
import dev.leat.trail.OperationsJson;
import dev.leat.wire.DeadLetter;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists what was given up. */
@Command(
    name = "dead-letters",
    description = "Lists a topic's dead letters, oldest first: what was given up, and why.",
    mixinStandardHelpOptions = true)
final class DeadLettersCommand implements Callable<Integer> {
  private final Screen screen = Screen.ofThisProcess();
  @Spec private CommandSpec spec;
  @Mixin private final BrokerOption broker = new BrokerOption();
  @Mixin private final RedactOption redact = new RedactOption();
  @Mixin private final LetterOptions letters = new LetterOptions();

  @Option(names = "--json", description = "One JSON object for each, with all that is known.")
  private boolean json;

  @Override
  public Integer call() {
    try (Leat leat = broker.connect()) {
      leat.broker().require(Capability.RANGE);
      PrintWriter out = spec.commandLine().getOut();
      LetterFilter filter = letters.filter();
      new DeadLetters(leat.broker(), letters.topic())
          .forEach(
              kept -> {
                if (filter.takes(kept.letter())) {
                  out.println(
                      json
                          ? Json.line(OperationsJson.letter(kept, redact.redaction()))
                          : line(kept.letter()));
                }
                return !out.checkError();
              });
      out.flush();
      return 0;
    }
  }

  private String line(DeadLetter letter) {
    String what =
        letter.detail().isEmpty() ? letter.cause() : letter.cause() + ": " + letter.detail();
    return "%s %s attempts=%d %s"
        .formatted(
            screen.faint(letter.at() + " " + Printable.line(letter.message().id())),
            screen.bold(Printable.line(letter.message().type())),
            letter.attempts(),
            Printable.line(what));
  }
}

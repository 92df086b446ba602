package dev.leat.cli;

import dev.leat.Leat;
import dev.leat.trail.Redrive;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Sends back what was given up. */
@Command(
    name = "redrive",
    description = {
      "Sends a topic's dead letters back to it, each to the group that gave it up.",
      "May be ended at any time: what was not sent yet is still there."
    },
    mixinStandardHelpOptions = true)
final class RedriveCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private final BrokerOption broker = new BrokerOption();
  @Mixin private final LetterOptions letters = new LetterOptions();

  @Option(
      names = "--rate",
      paramLabel = "N/s",
      defaultValue = "50/s",
      converter = Rates.class,
      description = "How many a second, at most. Default: ${DEFAULT-VALUE}.")
  private double rate;

  @Option(names = "--dry-run", description = "Only says how many it would send.")
  private boolean dryRun;

  @Option(
      names = "--group",
      paramLabel = "G",
      description = "Sends them to this group, rather than to the one that gave them up.")
  private @Nullable String group;

  @Option(
      names = "--by",
      paramLabel = "NAME",
      defaultValue = "${sys:user.name}",
      description = "Who has it done, for those who ask later. Default: ${DEFAULT-VALUE}.")
  private String by;

  @Override
  public Integer call() throws InterruptedException {
    Leat leat = broker.connect();
    return Stoppable.run(leat, isStopped -> run(leat, isStopped));
  }

  private int run(Leat leat, BooleanSupplier isStopped) {
    Redrive redrive =
        new Redrive(
            leat.broker(), letters.topic(), letters.filter(), group == null ? "" : group, rate);
    Redrive.Result result = dryRun ? redrive.look() : redrive.run(this::show, isStopped, by);
    show(-1);
    return told(redrive, result);
  }

  private int told(Redrive redrive, Redrive.Result result) {
    String done = dryRun ? "would redrive" : "redrove";
    String taken =
        result.missed() == 0 ? "" : "; %d were taken by another".formatted(result.missed());
    String unsent =
        result.broken() == 0
            ? ""
            : "; %d whose entry is broken or lost stay".formatted(result.broken());
    String rest = result.isStopped() ? "; it was stopped, the rest is still there" : "";
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        "%s %s of %s%s%s%s"
            .formatted(done, letters(result.sent()), letters.topic(), taken, unsent, rest));
    out.flush();
    result
        .stranded()
        .forEach(
            (whose, count) ->
                spec.commandLine()
                    .getErr()
                    .println(
                        "leat: %s of group '%s' stay: there is no such group any more, %s"
                            .formatted(letters(count), whose, redrive.others())));
    spec.commandLine().getErr().flush();
    return result.stranded().isEmpty() && !result.isStopped() ? 0 : 1;
  }

  private static String letters(long count) {
    return "%d dead letter%s".formatted(count, count == 1 ? "" : "s");
  }

  /** For people alone, on a line that is gone when it is over. */
  private void show(long sent) {
    Progress.show(spec.commandLine().getErr(), sent < 0 ? "" : sent + " sent back");
  }
}

package dev.leat.cli;

import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.trail.DeadLetters;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
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
  private static final long SECOND = 1_000_000_000;

  @Spec private CommandSpec spec;
  @Mixin private final BrokerOption broker = new BrokerOption();
  @Mixin private final LetterFilter filter = new LetterFilter();

  @Option(
      names = "--rate",
      paramLabel = "N/s",
      defaultValue = "50/s",
      converter = Rates.class,
      description = "How many a second, at most. Default: ${DEFAULT-VALUE}.")
  private double rate;

  @Option(names = "--dry-run", description = "Only says how many it would send.")
  private boolean dryRun;

  @Override
  public Integer call() {
    try (Leat leat = broker.connect()) {
      DeadLetters letters = new DeadLetters(leat.broker(), Topic.of(filter.topic()));
      AtomicLong sent = new AtomicLong();
      AtomicLong missed = new AtomicLong();
      long begin = System.nanoTime();
      filter.forEach(
          letters,
          kept -> {
            if (dryRun) {
              sent.incrementAndGet();
              return;
            }
            pace(begin, sent.get() + missed.get());
            boolean there = letters.redrive(kept).toCompletableFuture().join();
            (there ? sent : missed).incrementAndGet();
            show(sent.get());
          });
      show(-1);
      PrintWriter out = spec.commandLine().getOut();
      out.println(
          "%s %d dead letter%s of %s%s"
              .formatted(
                  dryRun ? "would redrive" : "redrove",
                  sent.get(),
                  sent.get() == 1 ? "" : "s",
                  filter.topic(),
                  missed.get() == 0 ? "" : "; %d were taken by another".formatted(missed.get())));
      return 0;
    }
  }

  /** Waits until the next one is due. */
  private void pace(long begin, long done) {
    long due = begin + (long) (done / rate * SECOND);
    for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  /** For people alone, on a line that is gone when it is over. */
  private void show(long sent) {
    if (Screen.isTerminal()) {
      PrintWriter err = spec.commandLine().getErr();
      err.print(sent < 0 ? Progress.CLEAR : Progress.CLEAR + sent + " sent back");
      err.flush();
    }
  }
}

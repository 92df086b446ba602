package dev.leat.cli;

import dev.leat.BadConfiguration;
import dev.leat.Leat;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Capability;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.StreamHealth;
import dev.leat.trail.DeadLetters;
import dev.leat.trail.DeadLetters.Kept;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
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

  @Option(
      names = "--group",
      paramLabel = "G",
      description = "Sends them to this group, rather than to the one that gave them up.")
  private @Nullable String group;

  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong missed = new AtomicLong();
  private final AtomicLong broken = new AtomicLong();

  /** How many stay since their group is not there any more, by its name. */
  private final Map<String, Integer> stranded = new TreeMap<>();

  @Override
  public Integer call() {
    try (Leat leat = broker.connect()) {
      leat.broker().require(Capability.RANGE);
      leat.broker().require(Capability.MOVE);
      Topic topic = Topic.of(filter.topic());
      DeadLetters letters = new DeadLetters(leat.broker(), topic);
      StreamHealth health = leat.broker().health(topic.incoming()).toCompletableFuture().join();
      Set<String> groups =
          health.groups().stream()
              .map(GroupHealth::group)
              .collect(Collectors.toCollection(TreeSet::new));
      if (group != null && !groups.contains(group)) {
        throw new BadConfiguration(
            "topic %s has no group '%s'; %s".formatted(filter.topic(), group, named(groups)));
      }
      if (groups.isEmpty() && health.length().orElse(1) == 0 && isEmpty(letters)) {
        throw new BadConfiguration(
            "there is no topic '%s': nothing was ever sent to it".formatted(filter.topic()));
      }
      long begin = System.nanoTime();
      filter.forEach(letters, kept -> take(letters, kept, groups, begin));
      show(-1);
      return told(groups);
    }
  }

  private void take(DeadLetters letters, Kept kept, Set<String> groups, long begin) {
    String whose = group == null ? kept.letter().group() : group;
    if (kept.letter().isOfBrokenEntry()) {
      broken.incrementAndGet();
    } else if (!groups.contains(whose) && (!whose.isEmpty() || groups.isEmpty())) {
      stranded.merge(whose, 1, Integer::sum);
    } else if (dryRun) {
      sent.incrementAndGet();
    } else {
      pace(begin, sent.get() + missed.get());
      boolean there = letters.redrive(kept, whose).toCompletableFuture().join();
      (there ? sent : missed).incrementAndGet();
      show(sent.get());
    }
  }

  private int told(Set<String> groups) {
    String done = dryRun ? "would redrive" : "redrove";
    String taken = missed.get() == 0 ? "" : "; %d were taken by another".formatted(missed.get());
    String unsent =
        broken.get() == 0 ? "" : "; %d whose entry is broken or lost stay".formatted(broken.get());
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        "%s %s of %s%s%s".formatted(done, letters(sent.get()), filter.topic(), taken, unsent));
    stranded.forEach(
        (whose, count) ->
            spec.commandLine()
                .getErr()
                .println(
                    "leat: %s of group '%s' stay: there is no such group any more, %s"
                        .formatted(letters(count), whose, named(groups))));
    spec.commandLine().getErr().flush();
    return stranded.isEmpty() ? 0 : 1;
  }

  private static String letters(long count) {
    return "%d dead letter%s".formatted(count, count == 1 ? "" : "s");
  }

  private static String named(Set<String> groups) {
    return groups.isEmpty()
        ? "nor any other; start the workers first"
        : "--group chooses another: " + String.join(", ", groups);
  }

  private static boolean isEmpty(DeadLetters letters) {
    return letters.range(Position.START, 1).toCompletableFuture().join().isEmpty()
        && letters.rangeOfOthers(Position.START, 1).toCompletableFuture().join().isEmpty();
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

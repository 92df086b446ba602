package dev.leat.gateway.config;

import dev.leat.BadConfiguration;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;

/** All that is wrong with a file, so that it is put right in one go. For one thread. */
final class ConfigErrors {
  /**
   * One sentence.
   *
   * @param line counted from 1
   */
  private record Fault(int line, String sentence) {}

  private final String file;
  private final Set<Fault> faults = new LinkedHashSet<>();

  ConfigErrors(String file) {
    this.file = file;
  }

  /** Adds one; what was said of a line already is not said again. */
  void add(int line, String sentence) {
    faults.add(new Fault(line, sentence));
  }

  /**
   * Nothing, if nothing is wrong.
   *
   * @throws BadConfiguration with a sentence on a line of its own for each fault
   */
  void throwIfAny() {
    if (!faults.isEmpty()) {
      throw new BadConfiguration(
          faults.stream()
              .sorted(Comparator.comparingInt(Fault::line))
              .map(fault -> file + ":" + fault.line() + ": " + fault.sentence())
              .collect(Collectors.joining("\n")));
    }
  }
}

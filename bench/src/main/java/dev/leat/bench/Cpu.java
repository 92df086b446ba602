package dev.leat.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** How long a process has kept a core busy so far, as Linux counts it, in steps of 10 ms. */
final class Cpu {
  /** {@code sysconf(_SC_CLK_TCK)}, which Linux fixes for user space on all that Java runs on. */
  private static final int TICKS_PER_SECOND = 100;

  private Cpu() {}

  /**
   * User and system time of a process with all its threads; zero where there is no such process.
   */
  static Duration of(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      // The second field is the program's name in brackets, which may hold spaces; see proc(5).
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      long ticks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
      return Duration.ofMillis(ticks * 1_000 / TICKS_PER_SECOND);
    } catch (IOException gone) {
      return Duration.ZERO;
    }
  }
}

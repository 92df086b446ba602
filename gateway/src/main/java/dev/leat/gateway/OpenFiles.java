package dev.leat.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** How many connections this process may open, by what Linux says of its descriptors. */
final class OpenFiles {
  private static final Pattern LIMIT = Pattern.compile("Max open files\\s+(\\d+)");

  /** Descriptors that are kept for the broker, the management address and what else is opened. */
  private static final int KEPT = 64;

  /** Enough for any gateway; also where nothing is known. */
  private static final int MOST = 50_000;

  private static final int LEAST = 16;

  private OpenFiles() {}

  /** Connections of clients that there is room for. */
  static int room() {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      Matcher limit = LIMIT.matcher(Files.readString(Path.of("/proc/self/limits")));
      long room = limit.find() ? Long.parseLong(limit.group(1)) - open.count() - KEPT : MOST;
      return Math.clamp(room, LEAST, MOST);
    } catch (IOException | NumberFormatException unknown) {
      return MOST;
    }
  }
}

package dev.leat.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A closed loop: each connection asks again as soon as it is answered. */
final class Wrk {
  private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
  private static final Pattern COUNT = Pattern.compile("(\\d+) requests in");
  private static final Pattern FAILED = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");
  private static final Pattern SOCKET =
      Pattern.compile("Socket errors: connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)");
  private static final Map<String, Double> MICROSECONDS =
      Map.of("us", 1.0, "ms", 1e3, "s", 1e6, "m", 60e6);

  private final Path script;

  /**
   * What it saw.
   *
   * @param count of requests that were answered
   * @param perSecond of them
   * @param p50 microseconds, as are the others
   * @param cpu how long {@code wrk} itself kept a core busy
   */
  record Result(long count, double perSecond, double p50, double p99, Duration cpu) {}

  /** A load of POSTs with a body of so many bytes of JSON. */
  Wrk(Path folder, String json) {
    try {
      script = folder.resolve("post.lua");
      Files.writeString(
          script,
          """
          wrk.method = "POST"
          wrk.body = '%s'
          wrk.headers["Content-Type"] = "application/json"
          """
              .formatted(json));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Whether it is installed. */
  static boolean isThere() {
    try {
      return new ProcessBuilder("wrk", "--version").start().waitFor() >= 0;
    } catch (IOException missing) {
      return false;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Loads a port of this machine for a while; what fails meanwhile does not matter yet. */
  void warmUp(int port, String path, int connections, Duration time) {
    var unused = said(port, path, connections, time, new Duration[] {Duration.ZERO});
  }

  /** Loads a port of this machine for a while. */
  Result run(int port, String path, int connections, Duration time) {
    Duration[] cpu = {Duration.ZERO};
    return read(said(port, path, connections, time, cpu), cpu[0]);
  }

  private String said(int port, String path, int connections, Duration time, Duration[] cpu) {
    try {
      Process process =
          new ProcessBuilder(
                  "wrk",
                  "-t1",
                  "-c" + connections,
                  "-d" + time.toSeconds() + "s",
                  "--timeout",
                  "20s",
                  "--latency",
                  "-s",
                  script.toString(),
                  "http://127.0.0.1:" + port + path)
              .redirectErrorStream(true)
              .start();
      Thread watching =
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (process.isAlive()) {
                      Duration now = Cpu.of(process.pid());
                      cpu[0] = now.compareTo(cpu[0]) > 0 ? now : cpu[0];
                      LockSupport.parkNanos(20_000_000);
                    }
                  });
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      watching.join();
      return said;
    } catch (IOException failure) {
      throw new UncheckedIOException("wrk cannot be run", failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", interrupted);
    }
  }

  /**
   * Reads what it printed.
   *
   * @throws IllegalStateException if some requests failed: what is measured then is not the same
   */
  static Result read(String said, Duration cpu) {
    Matcher failed = FAILED.matcher(said);
    Matcher socket = SOCKET.matcher(said);
    if (failed.find()) {
      throw new IllegalStateException(failed.group(1) + " requests failed: " + said);
    }
    if (socket.find()) {
      throw new IllegalStateException("some requests were not answered: " + socket.group());
    }
    return new Result(
        (long) number(COUNT, said),
        number(RATE, said),
        percentile(said, "50%"),
        percentile(said, "99%"),
        cpu);
  }

  private static double number(Pattern pattern, String said) {
    Matcher found = pattern.matcher(said);
    if (!found.find()) {
      throw new IllegalStateException("wrk said what cannot be read: " + said);
    }
    return Double.parseDouble(found.group(1));
  }

  private static double percentile(String said, String which) {
    Matcher found = Pattern.compile("\\s" + which + "\\s+([0-9.]+)(us|ms|s|m)\\b").matcher(said);
    if (!found.find()) {
      throw new IllegalStateException("wrk said what cannot be read: " + said);
    }
    return Double.parseDouble(found.group(1)) * MICROSECONDS.getOrDefault(found.group(2), 1.0);
  }
}

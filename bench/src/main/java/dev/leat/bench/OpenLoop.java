package dev.leat.bench;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * Load at a fixed rate, whatever becomes of it: each request has its time, given in turn to so many
 * connections, and its latency is counted from that time and not from when its connection was free
 * to send it. So a server that stands still for a second is seen to have kept a second's worth of
 * requests waiting, which a closed loop would never have asked (Tene, "How NOT to Measure
 * Latency").
 */
final class OpenLoop {
  private static final Duration CONNECT_AND_SETTLE = Duration.ofMillis(300);

  /** Microseconds; longer ones count as this long. */
  private static final long LONGEST = Duration.ofMinutes(2).toNanos() / 1_000;

  private final int port;
  private final byte[] request;
  private final int connections;

  /**
   * What was measured.
   *
   * @param latencies in microseconds, from when each request was due
   * @param failures requests that were answered with another status than 200, or not at all
   */
  record Result(Histogram latencies, long failures) {}

  /** Load on a port of this machine. */
  OpenLoop(int port, String path, String json, int connections) {
    this.port = port;
    this.connections = connections;
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    this.request =
        ("POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                + "Content-Length: %d\r\n\r\n%s")
            .formatted(path, body.length, json)
            .getBytes(StandardCharsets.UTF_8);
  }

  /** Asks so many times a second, for a while, and waits for what is still to be answered. */
  Result run(int perSecond, Duration time) {
    long begin = System.nanoTime() + CONNECT_AND_SETTLE.toNanos();
    double pause = 1e9 / perSecond;
    long count = perSecond * time.toMillis() / 1_000;
    LongAdder failures = new LongAdder();
    List<Histogram> parts = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      int first = i;
      Histogram part = new Histogram(LONGEST, 3);
      parts.add(part);
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    long next = first;
                    while (next < count) {
                      next = connected(next, count, begin, pause, part, failures);
                    }
                  }));
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    Histogram all = new Histogram(LONGEST, 3);
    parts.forEach(all::add);
    return new Result(all, failures.sum());
  }

  /**
   * Asks over one connection what is due from the first on; ends early if that breaks.
   *
   * @return the next that is to be asked, over another connection if there are more
   */
  private long connected(
      long first, long count, long begin, double pause, Histogram latencies, LongAdder failures) {
    long next = first;
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      OutputStream out = socket.getOutputStream();
      InputStream in = new BufferedInputStream(socket.getInputStream(), 16_384);
      while (next < count) {
        long due = begin + (long) (next * pause);
        sleepUntil(due);
        next += connections;
        out.write(request);
        int status = answer(in);
        long latency = (System.nanoTime() - due) / 1_000;
        latencies.recordValue(Math.clamp(latency, 1, LONGEST));
        if (status != 200) {
          failures.increment();
        }
      }
    } catch (IOException broken) {
      failures.increment();
    }
    return next;
  }

  private static void sleepUntil(long due) {
    for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  /** Reads one response to its end and gives its status. */
  private static int answer(InputStream in) throws IOException {
    String line = line(in);
    int status = Integer.parseInt(line.substring(9, 12));
    long length = 0;
    for (line = line(in); !line.isEmpty(); line = line(in)) {
      String lower = line.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Long.parseLong(lower.substring("content-length:".length()).strip());
      } else if (lower.startsWith("transfer-encoding:")) {
        throw new IOException("a chunked response, which is not read here");
      }
    }
    in.skipNBytes(length);
    return status;
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("the connection was closed");
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }
}

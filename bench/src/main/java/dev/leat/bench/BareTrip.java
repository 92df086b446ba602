package dev.leat.bench;

import dev.leat.Payload;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.HdrHistogram.Histogram;

/**
 * How long the commands take without which no request passes over Redis Streams, one request at a
 * time: from one thread to another and back, each blocked on its sockets. No HTTP, no event loop,
 * no handler: nothing over Redis can be faster.
 */
final class BareTrip {
  private static final String WAIT = "5000";

  private BareTrip() {}

  /**
   * Microseconds, the median.
   *
   * @param port of a server that is empty
   * @param time that it measures, after as long that it does not
   */
  static double median(int port, Payload body, Duration time) {
    try (BareClient reads = new BareClient(port);
        BareClient completes = new BareClient(port)) {
      completes.ask(
          List.of("XGROUP", "CREATE", BareCommands.REQUESTS, BareCommands.GROUP, "$", "MKSTREAM"));
      CompletableFuture<Void> ready = new CompletableFuture<>();
      Thread.ofPlatform()
          .daemon()
          .start(() -> answer(reads, completes, BareCommands.reply(body), ready));
      ready.join();
      return ask(port, BareCommands.request(body), time);
    } catch (IOException failure) {
      throw new UncheckedIOException("no Redis server to measure", failure);
    }
  }

  private static double ask(int port, List<byte[]> entry, Duration time) throws IOException {
    Histogram nanos = new Histogram(3);
    try (BareClient appends = new BareClient(port);
        BareClient reads = new BareClient(port)) {
      String last = "0";
      long from = System.nanoTime() + time.toNanos();
      long until = from + time.toNanos();
      for (long now = System.nanoTime(); now < until; now = System.nanoTime()) {
        // Ahead of its request, as who reads a stream has always asked already.
        reads.write(
            List.of("XREAD", "COUNT", "1", "BLOCK", WAIT, "STREAMS", BareCommands.REPLIES, last));
        reads.flush();
        appends.write(append(BareCommands.REQUESTS, entry));
        long sent = System.nanoTime();
        appends.flush();
        last = idOfFirst(reads.read());
        long took = System.nanoTime() - sent;
        appends.read();
        if (sent >= from) {
          nanos.recordValue(took);
        }
      }
    }
    return nanos.getValueAtPercentile(50) / 1e3;
  }

  /** Until its connection is closed. */
  private static void answer(
      BareClient reads, BareClient completes, List<byte[]> entry, CompletableFuture<Void> ready) {
    List<Object> next =
        List.of(
            "XREADGROUP",
            "GROUP",
            BareCommands.GROUP,
            "one",
            "COUNT",
            "1",
            "BLOCK",
            WAIT,
            "STREAMS",
            BareCommands.REQUESTS,
            ">");
    try {
      reads.write(next);
      reads.flush();
      ready.complete(null);
      while (true) {
        Object read = reads.read();
        completes.write(append(BareCommands.REPLIES, entry));
        completes.write(
            List.of("XACK", BareCommands.REQUESTS, BareCommands.GROUP, idOfFirst(read)));
        completes.flush();
        reads.write(next);
        reads.flush();
        completes.read();
        completes.read();
      }
    } catch (IOException closed) {
      ready.complete(null);
    }
  }

  private static List<Object> append(String stream, List<byte[]> entry) {
    List<Object> append = new ArrayList<>(List.of("XADD", stream, "*"));
    append.addAll(entry);
    return append;
  }

  /** Of the one stream that was read. */
  private static String idOfFirst(Object streams) {
    List<?> stream = (List<?>) ((List<?>) streams).getFirst();
    List<?> entries = (List<?>) stream.getLast();
    return BareClient.text(((List<?>) entries.getFirst()).getFirst());
  }
}

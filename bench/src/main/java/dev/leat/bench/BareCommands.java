package dev.leat.bench;

import dev.leat.Dialect;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.wire.StreamEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The commands without which no request passes over Redis Streams, and nothing around them: append
 * it, read it as a group, acknowledge it, append the reply, read that; what was read is trimmed now
 * and then. In batches on one connection, without transactions. For one thread.
 */
final class BareCommands implements AutoCloseable {
  static final String REQUESTS = "echo::DEFAULT::CONSUMER_INCOMING";
  static final String REPLIES = "leat::replies#bare::PRODUCER_OUTGOING";
  static final String GROUP = "workers";

  /** Milliseconds between two trims, as Leat's. */
  private static final long TRIM_PAUSE = 1_000;

  private final BareClient client;
  private final List<byte[]> request;
  private final List<byte[]> reply;
  private String lastReply = "0";

  /** Connects to a server that is empty. */
  BareCommands(int port, Payload body) {
    request = request(body);
    reply = reply(body);
    try {
      client = new BareClient(port);
      client.ask(List.of("XGROUP", "CREATE", REQUESTS, GROUP, "$", "MKSTREAM"));
    } catch (IOException failure) {
      throw new UncheckedIOException("no Redis server to measure", failure);
    }
  }

  /** An entry as Leat would append it for a request. */
  static List<byte[]> request(Payload body) {
    return entry(
        REPLIES, Headers.of(Headers.HTTP_METHOD, "POST", Headers.HTTP_PATH, "/echo"), body);
  }

  /** An entry as Leat would append it for its reply. */
  static List<byte[]> reply(Payload body) {
    return entry("", Headers.of(Headers.TOOK, "12"), body);
  }

  private static List<byte[]> entry(String destination, Headers headers, Payload body) {
    String deadline = "1795648000000";
    return StreamEntry.encode(
        new Message(
            "01a214d2-489e-7000-a320-56fba576f02b",
            "echo",
            destination,
            destination.isEmpty() ? headers : headers.with(Headers.DEADLINE, deadline),
            "gateway-1",
            body),
        Dialect.PACKED);
  }

  /** Passes requests for a while; gives how many. */
  long run(int batch, Duration time) {
    long until = System.nanoTime() + time.toNanos();
    long trimAt = System.nanoTime();
    long passed = 0;
    try {
      while (System.nanoTime() < until) {
        pass(batch);
        passed += batch;
        if (System.nanoTime() - trimAt > TRIM_PAUSE * 1_000_000) {
          trimAt = System.nanoTime();
          client.ask(List.of("XTRIM", REQUESTS, "MINID", "=", lastReply));
          client.ask(List.of("XTRIM", REPLIES, "MINID", "=", lastReply));
        }
      }
      return passed;
    } catch (IOException failure) {
      throw new UncheckedIOException("the Redis server that is measured is gone", failure);
    }
  }

  private void pass(int batch) throws IOException {
    List<Object> ids = appended(REQUESTS, request, batch, List.of());
    client.ask(
        List.of(
            "XREADGROUP",
            "GROUP",
            GROUP,
            "one",
            "COUNT",
            Integer.toString(batch),
            "STREAMS",
            REQUESTS,
            ">"));
    List<Object> acknowledge = new ArrayList<>(List.of("XACK", REQUESTS, GROUP));
    acknowledge.addAll(ids);
    List<Object> replies = appended(REPLIES, reply, batch, acknowledge);
    client.ask(List.of("XREAD", "COUNT", Integer.toString(batch), "STREAMS", REPLIES, lastReply));
    lastReply = BareClient.text(replies.getLast());
  }

  /** Appends an entry so often, behind a command if there is one; gives the ids. */
  private List<Object> appended(String stream, List<byte[]> entry, int times, List<Object> first)
      throws IOException {
    if (!first.isEmpty()) {
      client.write(first);
    }
    List<Object> append = new ArrayList<>(List.of("XADD", stream, "*"));
    append.addAll(entry);
    for (int i = 0; i < times; i++) {
      client.write(append);
    }
    client.flush();
    if (!first.isEmpty()) {
      client.read();
    }
    List<Object> ids = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      ids.add(client.read());
    }
    return ids;
  }

  @Override
  public void close() {
    try {
      client.close();
    } catch (IOException gone) {
      throw new UncheckedIOException(gone);
    }
  }
}

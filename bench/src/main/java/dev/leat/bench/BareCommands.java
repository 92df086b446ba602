package dev.leat.bench;

import dev.leat.Dialect;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.wire.StreamEntry;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The commands without which no request passes over Redis Streams, and nothing around them: append
 * it, read it as a group, acknowledge it, append the reply, read that; what was read is trimmed now
 * and then. In batches on one connection, without transactions. For one thread.
 */
final class BareCommands implements AutoCloseable {
  private static final String REQUESTS = "echo::DEFAULT::CONSUMER_INCOMING";
  private static final String REPLIES = "leat::replies#bare::PRODUCER_OUTGOING";
  private static final String GROUP = "workers";

  /** Milliseconds between two trims, as Leat's. */
  private static final long TRIM_PAUSE = 1_000;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final List<byte[]> request;
  private final List<byte[]> reply;
  private String lastReply = "0";

  /** Connects to a server that is empty. */
  BareCommands(int port, Payload body) {
    request =
        entry(REPLIES, Headers.of(Headers.HTTP_METHOD, "POST", Headers.HTTP_PATH, "/echo"), body);
    reply = entry("", Headers.of(Headers.TOOK, "12"), body);
    try {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
      out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
      ask(List.of("XGROUP", "CREATE", REQUESTS, GROUP, "$", "MKSTREAM"));
    } catch (IOException failure) {
      throw new UncheckedIOException("no Redis server to measure", failure);
    }
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
          ask(List.of("XTRIM", REQUESTS, "MINID", "=", lastReply));
          ask(List.of("XTRIM", REPLIES, "MINID", "=", lastReply));
        }
      }
      return passed;
    } catch (IOException failure) {
      throw new UncheckedIOException("the Redis server that is measured is gone", failure);
    }
  }

  private void pass(int batch) throws IOException {
    List<Object> ids = appended(REQUESTS, request, batch, List.of());
    ask(
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
    ask(List.of("XREAD", "COUNT", Integer.toString(batch), "STREAMS", REPLIES, lastReply));
    lastReply = text(replies.getLast());
  }

  /** Appends an entry so often, behind a command if there is one; gives the ids. */
  private List<Object> appended(String stream, List<byte[]> entry, int times, List<Object> first)
      throws IOException {
    if (!first.isEmpty()) {
      write(first);
    }
    List<Object> append = new ArrayList<>(List.of("XADD", stream, "*"));
    append.addAll(entry);
    for (int i = 0; i < times; i++) {
      write(append);
    }
    out.flush();
    if (!first.isEmpty()) {
      read();
    }
    List<Object> ids = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      ids.add(read());
    }
    return ids;
  }

  private void ask(List<Object> command) throws IOException {
    write(command);
    out.flush();
    read();
  }

  private void write(List<Object> command) throws IOException {
    out.write(("*" + command.size() + "\r\n").getBytes(StandardCharsets.US_ASCII));
    for (Object word : command) {
      byte[] bytes =
          word instanceof byte[] raw ? raw : word.toString().getBytes(StandardCharsets.US_ASCII);
      out.write(("$" + bytes.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
      out.write(bytes);
      out.write('\r');
      out.write('\n');
    }
  }

  /** An answer: a string as bytes, an array as a list, anything else as its line. */
  private Object read() throws IOException {
    String line = line();
    int size =
        line.length() > 1 && "$*".indexOf(line.charAt(0)) >= 0
            ? Integer.parseInt(line, 1, line.length(), 10)
            : 0;
    return switch (line.charAt(0)) {
      case '-' -> throw new IOException("Redis refuses: " + line);
      case '$' -> {
        byte[] bytes = in.readNBytes(size);
        line();
        yield bytes;
      }
      case '*' -> {
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < size; i++) {
          items.add(read());
        }
        yield items;
      }
      default -> line;
    };
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int sign = in.read(); sign != '\r'; sign = in.read()) {
      if (sign < 0) {
        throw new EOFException();
      }
      line.append((char) sign);
    }
    in.read();
    return line.toString();
  }

  private static String text(Object bytes) {
    return new String((byte[]) bytes, StandardCharsets.US_ASCII);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException gone) {
      throw new UncheckedIOException(gone);
    }
  }
}

package dev.leat.system;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.GZIPOutputStream;

/** What one person with a script does to a gateway: each attack once, until it is over. */
final class HttpAttacks {
  /** One of them; ends by itself, or when the gateway has had enough of it. */
  interface Attack {
    void run() throws IOException;
  }

  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1);
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int CONTINUATION = 9;

  /** {@code GET https / } with the authority "x", by the static table of HPACK. */
  private static final byte[] REQUEST = {(byte) 0x82, (byte) 0x87, (byte) 0x84, 0x41, 1, 'x'};

  private final int port;
  private final Random random;
  private int address = 1;

  HttpAttacks(int port, long seed) {
    this.port = port;
    this.random = new Random(seed);
  }

  /** All of them, by name. */
  Map<String, Attack> all() {
    Map<String, Attack> all = new LinkedHashMap<>();
    all.put("replies that nobody reads", held(20, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n"));
    all.put(
        "replies that nobody reads, asked for together",
        held(2, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2_000)));
    all.put(
        "bodies that never end",
        held(
            50,
            "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
                + "x".repeat(999_999)));
    all.put(
        "chunked bodies that never end",
        held(
            50,
            "POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nF0000\r\n"
                + "x".repeat(900_000)));
    all.put("headers that never end", held(300, "GET /echo HTTP/1.1\r\nHost"));
    all.put("connections", held(2_000, ""));
    all.put("half a preface", held(300, "PRI * HTTP/2.0\r\n"));
    all.put(
        "a large header", held(20, "GET /echo HTTP/1.1\r\nHost: x\r\nA: " + "a".repeat(1_000_000)));
    all.put(
        "many headers", held(20, "GET /echo HTTP/1.1\r\nHost: x\r\n" + "a: b\r\n".repeat(100_000)));
    all.put("deep JSON", held(20, post("/echo", "[".repeat(500_000))));
    String bomb = bomb();
    all.put("gzip that becomes large", held(10, bomb));
    all.put("a flood of events", held(10, post("/events", json(500_000)).repeat(20)));
    all.put("random bytes", this::noise);
    all.put("streams that are reset", () -> frames(this::resets));
    all.put("settings", () -> frames(out -> frame(out, SETTINGS, 0, 0)));
    all.put("pings", () -> frames(out -> frame(out, PING, 0, 0, new byte[8])));
    all.put("headers that go on", () -> frames(this::continuations));
    all.put("empty data", () -> frames(this::emptyData));
    return all;
  }

  private static String json(int length) {
    return "\"" + "x".repeat(length) + "\"";
  }

  private static String post(String path, String body) {
    return "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(path, body.length(), body);
  }

  /** Says something on so many connections, never reads, and goes away a while later. */
  private Attack held(int connections, String said) {
    byte[] bytes = said.getBytes(ISO_8859_1);
    return () -> hold(connections, bytes);
  }

  private void hold(int connections, byte[] bytes) throws IOException {
    List<Socket> held = new ArrayList<>();
    try {
      for (int i = 0; i < connections; i++) {
        Socket socket = connect();
        held.add(socket);
        if (bytes.length > 0) {
          // Not from here: whoever is not read any more would hold up the others.
          Thread.startVirtualThread(() -> write(socket, bytes));
        }
      }
      pause(Duration.ofSeconds(3));
    } finally {
      for (Socket socket : held) {
        socket.close();
      }
    }
  }

  /** 100 MB of zeros in 100 kB. */
  private static String bomb() {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try (OutputStream zip = new GZIPOutputStream(body)) {
      byte[] zeros = new byte[1_000_000];
      for (int i = 0; i < 100; i++) {
        zip.write(zeros);
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return "POST /zipped HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: "
        + body.size()
        + "\r\n\r\n"
        + body.toString(ISO_8859_1);
  }

  private void noise() throws IOException {
    for (int i = 0; i < 50; i++) {
      byte[] bytes = new byte[random.nextInt(1, 5_000)];
      random.nextBytes(bytes);
      try (Socket socket = connect()) {
        write(socket, bytes);
      }
    }
  }

  private interface Frames {
    void writeTo(ByteArrayOutputStream out);
  }

  /** The same frames again and again on one connection, until that is closed. */
  private void frames(Frames frames) throws IOException {
    try (Socket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      ByteArrayOutputStream first = new ByteArrayOutputStream();
      first.writeBytes(PREFACE);
      frame(first, SETTINGS, 0, 0);
      out.write(first.toByteArray());
      for (int i = 0; i < 2_000; i++) {
        ByteArrayOutputStream some = new ByteArrayOutputStream();
        for (int j = 0; j < 20; j++) {
          frames.writeTo(some);
        }
        out.write(some.toByteArray());
        // Two cores are shared with those who are attacked.
        pause(Duration.ofMillis(2));
      }
    }
  }

  private int stream = 1;

  private void resets(ByteArrayOutputStream out) {
    frame(out, HEADERS, 0x5, stream, REQUEST);
    frame(out, RST_STREAM, 0, stream, new byte[] {0, 0, 0, 8});
    stream += 2;
  }

  private void continuations(ByteArrayOutputStream out) {
    if (out.size() == 0) {
      frame(out, HEADERS, 0, 1, REQUEST);
    }
    frame(out, CONTINUATION, 0, 1, new byte[] {0, 1, 'a', 1, 'b'});
  }

  private void emptyData(ByteArrayOutputStream out) {
    if (out.size() == 0) {
      frame(out, HEADERS, 0x4, stream, REQUEST);
    }
    frame(out, DATA, 0, stream);
  }

  private static void frame(
      ByteArrayOutputStream out, int type, int flags, int stream, byte... payload) {
    out.writeBytes(
        ByteBuffer.allocate(9)
            .put((byte) (payload.length >> 16))
            .putShort((short) payload.length)
            .put((byte) type)
            .put((byte) flags)
            .putInt(stream)
            .array());
    out.writeBytes(payload);
  }

  private static void write(Socket socket, byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
    } catch (IOException closed) {
      // As is right.
      return;
    }
  }

  /** From one of many addresses, with hardly any room for what is never read. */
  private Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4_096);
    address = address % 200 + 1;
    socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.1." + address), 0));
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 2_000);
    return socket;
  }

  private static void pause(Duration time) {
    LockSupport.parkNanos(time.toNanos());
  }
}

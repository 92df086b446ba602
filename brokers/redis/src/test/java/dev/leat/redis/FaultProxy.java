package dev.leat.redis;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** Stands between a program and a server, and loses or keeps what they say when it is told to. */
public final class FaultProxy implements AutoCloseable {
  private final ServerSocket door;
  private final int to;
  private final List<Way> ways = new CopyOnWriteArrayList<>();
  private final List<Way> delayed = new CopyOnWriteArrayList<>();
  private final AtomicInteger visits = new AtomicInteger();
  private volatile boolean slams;
  private volatile boolean mute;
  private volatile boolean holds;
  private volatile Predicate<String> keep = FaultProxy::nothing;
  private final Queue<String> held = new ConcurrentLinkedQueue<>();

  /** A way to a port of this machine. */
  public FaultProxy(int to) {
    this.to = to;
    try {
      door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException none) {
      throw new IllegalStateException("no free port", none);
    }
    Thread.ofVirtual().start(this::accept);
  }

  /** Where programs come in. */
  public String url() {
    return "redis://127.0.0.1:" + door.getLocalPort();
  }

  /** From now on the server is not heard any more, though it hears. */
  public void mute() {
    mute = true;
  }

  /** From now on the server hears nothing. */
  public void hold() {
    holds = true;
  }

  /**
   * From now on connections that there are bring the server nothing until {@link #arrive}, and it
   * does not hear that programs give them up; new ones are in order.
   */
  public void delay() {
    ways.forEach(Way::delay);
  }

  /** Brings the server what was delayed, late, whether a program still waits for it or not. */
  public void arrive() {
    delayed.forEach(Way::arrive);
    delayed.clear();
  }

  /** From now on who comes in is thrown out at once, or no more. */
  public void slam(boolean slams) {
    this.slams = slams;
  }

  /** How many have come in so far. */
  public int visits() {
    return visits.get();
  }

  /** How many connections there are. */
  public int connections() {
    return ways.size();
  }

  /** What the server would have heard. */
  public String held() {
    return String.join("", held);
  }

  /** Whether there is a connection over which what was said last has all these words. */
  boolean lastSaid(String... words) {
    return ways.stream().anyMatch(way -> way.lastSaid(words));
  }

  /** Keeps the first such answer, and what the server says on the same connection after it. */
  void keep(Predicate<String> answer) {
    keep = answer;
  }

  /** Whether an answer is kept. */
  boolean keeps() {
    return ways.stream().anyMatch(Way::keeps);
  }

  /** Hands over what was kept. */
  void give() {
    ways.forEach(Way::give);
  }

  /** Ends all connections; those made from now on are in order. */
  public void cut() {
    mute = false;
    holds = false;
    end(List.copyOf(ways));
  }

  /** Ends the connections over which what was said last has all these words. */
  void cutWhere(String... lastSaid) {
    end(ways.stream().filter(way -> way.lastSaid(lastSaid)).toList());
  }

  @Override
  public void close() {
    try {
      door.close();
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    }
    cut();
  }

  private void end(List<Way> ending) {
    ways.removeAll(ending);
    ending.forEach(Way::end);
  }

  private void accept() {
    while (!door.isClosed()) {
      try {
        Socket client = door.accept();
        visits.incrementAndGet();
        if (slams) {
          client.close();
          continue;
        }
        Way way = new Way(client, served(client));
        ways.add(way);
        Thread.ofVirtual().start(() -> copy(way, way.client, this::toServer));
        Thread.ofVirtual().start(() -> copy(way, way.server, this::toClient));
      } catch (IOException over) {
        // The door is closed, or the server is not there: whoever comes sees it.
      }
    }
  }

  /** Whoever comes sees it at once if the server is not there. */
  private Socket served(Socket client) throws IOException {
    try {
      return new Socket(InetAddress.getLoopbackAddress(), to);
    } catch (IOException away) {
      client.close();
      throw away;
    }
  }

  private void toServer(Way way, byte[] bytes) throws IOException {
    if (holds || !ways.contains(way)) {
      held.add(new String(bytes, StandardCharsets.ISO_8859_1));
    } else {
      way.ask(bytes);
    }
  }

  private void toClient(Way way, byte[] bytes) throws IOException {
    if (!mute && ways.contains(way)) {
      boolean isKept = keep.test(new String(bytes, StandardCharsets.ISO_8859_1));
      keep = isKept ? FaultProxy::nothing : keep;
      way.answer(bytes, isKept);
    }
  }

  private void copy(Way way, Socket from, Passing passing) {
    byte[] bytes = new byte[8_192];
    try (InputStream in = from.getInputStream()) {
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        passing.pass(way, Arrays.copyOf(bytes, count));
      }
    } catch (IOException cut) {
      // That is what it is for.
    } finally {
      ways.remove(way);
      if (way.isDelayed() && from.equals(way.client)) {
        delayed.add(way);
      } else {
        way.end();
      }
    }
  }

  private static boolean nothing(String answer) {
    return false;
  }

  private interface Passing {
    void pass(Way way, byte[] bytes) throws IOException;
  }

  /** One connection. */
  private static final class Way {
    private final Socket client;
    private final Socket server;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private boolean keeps;
    private final ByteArrayOutputStream late = new ByteArrayOutputStream();
    private boolean isLate;
    private volatile String said = "";

    Way(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    boolean lastSaid(String... words) {
      return Arrays.stream(words).allMatch(said::contains);
    }

    synchronized void ask(byte[] bytes) throws IOException {
      said = new String(bytes, StandardCharsets.ISO_8859_1);
      (isLate ? late : server.getOutputStream()).write(bytes);
    }

    synchronized void delay() {
      isLate = true;
    }

    synchronized boolean isDelayed() {
      return isLate;
    }

    synchronized void arrive() {
      try {
        late.writeTo(server.getOutputStream());
      } catch (IOException ended) {
        // The server has ended it meanwhile.
      }
    }

    synchronized void answer(byte[] bytes, boolean isKept) throws IOException {
      keeps |= isKept;
      (keeps ? kept : client.getOutputStream()).write(bytes);
    }

    synchronized boolean keeps() {
      return keeps;
    }

    synchronized void give() {
      keeps = false;
      try {
        kept.writeTo(client.getOutputStream());
      } catch (IOException cut) {
        throw new UncheckedIOException(cut);
      }
      kept.reset();
    }

    void end() {
      try (client;
          server) {
        // Both are closed.
      } catch (IOException ended) {
        // It has ended, however.
      }
    }
  }
}

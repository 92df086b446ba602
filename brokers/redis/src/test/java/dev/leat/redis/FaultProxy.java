package dev.leat.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands between a program and a server, and loses what the server says when it is told to. */
public final class FaultProxy implements AutoCloseable {
  private static final byte[] NOTHING = new byte[0];

  private final ServerSocket door;
  private final int to;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile boolean mute;
  private volatile boolean holds;
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

  /** What the server would have heard. */
  public String held() {
    return String.join("", held);
  }

  /** Ends all connections; those made from now on are in order. */
  public void cut() {
    List<Socket> ending = List.copyOf(sockets);
    sockets.removeAll(ending);
    mute = false;
    holds = false;
    ending.forEach(FaultProxy::end);
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

  private void accept() {
    while (!door.isClosed()) {
      try {
        Socket client = door.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), to);
        sockets.addAll(List.of(client, server));
        Thread.ofVirtual().start(() -> copy(client, server, false));
        Thread.ofVirtual().start(() -> copy(server, client, true));
      } catch (IOException over) {
        // The door is closed, or the server is not there: whoever comes sees it.
      }
    }
  }

  private void copy(Socket from, Socket into, boolean fromServer) {
    byte[] bytes = new byte[8_192];
    try (InputStream in = from.getInputStream();
        OutputStream out = into.getOutputStream()) {
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        boolean lost =
            fromServer ? mute || !sockets.contains(from) : holds || !sockets.contains(from);
        if (!fromServer && lost) {
          held.add(new String(bytes, 0, count, StandardCharsets.ISO_8859_1));
        }
        out.write(lost ? NOTHING : bytes, 0, lost ? 0 : count);
        out.flush();
      }
    } catch (IOException cut) {
      // That is what it is for.
    } finally {
      end(into);
    }
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException ended) {
      // It has ended, however.
    }
  }
}

package dev.leat.kafka;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The network from one node to another, which can be cut: nothing arrives then, neither what was on
 * its way nor a word that it did not. What was sent arrives once it is mended, as TCP has it.
 */
final class Link implements AutoCloseable {
  private static final int BUFFER = 64 << 10;

  private final int to;
  private final ServerSocket door;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private boolean isCut;
  private boolean closed;

  /** To a port of this machine. */
  Link(int to) {
    this.to = to;
    try {
      this.door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException none) {
      throw new UncheckedIOException(none);
    }
    Thread unused = Thread.ofPlatform().name("link").daemon().start(this::letIn);
  }

  /** Where those come in who want to get there. */
  int port() {
    return door.getLocalPort();
  }

  /** Cuts it, or mends it. */
  void cut(boolean cut) {
    lock.lock();
    try {
      isCut = cut;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void letIn() {
    try {
      while (true) {
        Socket one = door.accept();
        Thread unused = Thread.ofPlatform().name("link").daemon().start(() -> join(one));
      }
    } catch (IOException ended) {
      close();
    }
  }

  private void join(Socket one) {
    open.add(one);
    try (one) {
      awaitMended();
      try (Socket other = new Socket(InetAddress.getLoopbackAddress(), to)) {
        open.add(other);
        one.setTcpNoDelay(true);
        other.setTcpNoDelay(true);
        Thread back = Thread.ofPlatform().name("link").daemon().start(() -> carry(other, one));
        carry(one, other);
        back.join();
        open.remove(other);
      }
    } catch (IOException nobody) {
      // Whoever came in sees that.
      return;
    } catch (InterruptedException ending) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(one);
    }
  }

  private void carry(Socket from, Socket other) {
    byte[] some = new byte[BUFFER];
    try (from;
        other) {
      InputStream in = from.getInputStream();
      OutputStream out = other.getOutputStream();
      for (int many = in.read(some); many >= 0; many = in.read(some)) {
        awaitMended();
        out.write(some, 0, many);
      }
    } catch (IOException ended) {
      // Both are closed.
      return;
    } catch (InterruptedException ending) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitMended() throws InterruptedException {
    lock.lock();
    try {
      while (isCut && !closed) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      door.close();
      for (Socket one : open) {
        one.close();
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}

package dev.leat.broker.remote;

import dev.leat.broker.Broker;
import dev.leat.broker.EventLoop;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets other processes of the same user on the same machine use a broker, through a socket in the
 * file system. Any thread.
 */
public final class BrokerServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(BrokerServer.class);

  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Broker broker;
  private final EventLoop loop;
  private final Path path;
  private final ServerSocketChannel socket;
  private final Set<ServerConnection> connections = ConcurrentHashMap.newKeySet();
  private final ClientTurns turns = new ClientTurns();
  private volatile boolean closed;

  private BrokerServer(Broker broker, EventLoop loop, Path path, ServerSocketChannel socket) {
    this.broker = broker;
    this.loop = loop;
    this.path = path;
    this.socket = socket;
  }

  /**
   * Begins to serve a broker, which is not closed with it.
   *
   * @param loop whose clock and timers the broker has
   * @param path of the socket, at most some hundred bytes long; what is there is replaced
   * @throws IOException if there can be no socket
   */
  public static BrokerServer start(Broker broker, EventLoop loop, Path path) throws IOException {
    Files.deleteIfExists(path);
    ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    boolean begun = false;
    try {
      socket.bind(UnixDomainSocketAddress.of(path));
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
      BrokerServer server = new BrokerServer(broker, loop, path, socket);
      Thread.ofPlatform().name("leat-broker-server").daemon().start(server::accept);
      begun = true;
      return server;
    } finally {
      if (!begun) {
        socket.close();
      }
    }
  }

  private void accept() {
    while (!closed) {
      try {
        begin(socket.accept());
      } catch (IOException failure) {
        if (!closed) {
          log.warn("a process could not be let in", failure);
          // Of too many open files there may be fewer soon.
          LockSupport.parkNanos(PAUSE.toNanos());
        }
      }
    }
  }

  private void begin(SocketChannel channel) {
    ServerConnection connection =
        new ServerConnection(broker, loop, channel, turns, ended -> connections.remove(ended));
    connections.add(connection);
    connection.start();
    if (closed) {
      connection.close();
    }
  }

  /** Ends all connections; what was handed over to them goes to others. */
  @Override
  public void close() {
    closed = true;
    try {
      socket.close();
      Files.deleteIfExists(path);
    } catch (IOException failure) {
      log.debug("{} not closed", path, failure);
    }
    connections.forEach(ServerConnection::close);
  }
}

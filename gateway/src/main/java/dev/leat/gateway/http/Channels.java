package dev.leat.gateway.http;

import io.netty.channel.Channel;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What lies under a connection of Vert.x. Called on the connection's loop. */
final class Channels {
  /** Milliseconds that a client has to take a last word. */
  private static final long LAST_WORD = 1_000;

  private Channels() {}

  /** The channel; null where the connection is of a kind that has none to show. */
  static @Nullable Channel of(HttpConnection connection) {
    return connection instanceof ConnectionBase base ? base.channel() : null;
  }

  /**
   * Closes at once, with what is still to be written: Vert.x would wait for a client to take it,
   * and with one that never reads for ever.
   */
  static void close(HttpConnection connection) {
    Channel channel = of(connection);
    if (channel == null) {
      connection.close();
    } else {
      // Past the handlers: TLS would say farewell first, and wait for somebody to hear it.
      channel.unsafe().close(channel.unsafe().voidPromise());
    }
  }

  /** Closes in order, and a second later whether that came to its end or not. */
  static void closeSoon(HttpConnection connection) {
    connection.close();
    Channel channel = of(connection);
    if (channel != null && channel.isOpen()) {
      var unused =
          channel.eventLoop().schedule(() -> close(connection), LAST_WORD, TimeUnit.MILLISECONDS);
    }
  }
}

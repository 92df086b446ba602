package dev.leat.gateway.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.http1.Http1ServerConnection;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection of HTTP/1 whose client may still be sending. Closed at once, with bytes that
 * nobody has read, it would be reset and the last response lost with it (RFC 9112, section 9.6); so
 * what comes is thrown away until the client has gone or has had time to read. Confined to the
 * connection's loop.
 */
final class LingeringClose extends ChannelInboundHandlerAdapter {
  /** Milliseconds that a client has to read its response. */
  private static final long LONGEST = 1_000;

  private LingeringClose() {}

  static void close(HttpConnection connection) {
    if (!(connection instanceof Http1ServerConnection http1)) {
      connection.close();
      return;
    }
    Channel channel = http1.channel();
    channel.pipeline().addFirst(new LingeringClose());
    channel.config().setAutoRead(true);
    var unused =
        channel
            .eventLoop()
            .schedule(() -> Channels.close(connection), LONGEST, TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object unread) {
    ReferenceCountUtil.release(unread);
  }
}

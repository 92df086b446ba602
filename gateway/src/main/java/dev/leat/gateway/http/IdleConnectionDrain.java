package dev.leat.gateway.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.http1.Http1ServerConnection;
import io.vertx.core.net.impl.ShutdownEvent;
import java.util.concurrent.TimeUnit;

/**
 * Keeps an idle connection of HTTP/1 for a while when its server shuts down. Closed at once, as
 * Vert.x would, it may meet a request that is on its way and lose it; so its client is told to
 * leave by the response to that request, or is idle until then. Confined to the connection's loop.
 */
final class IdleConnectionDrain extends ChannelInboundHandlerAdapter {
  /**
   * Milliseconds; a client that asks again and again has done so by then. Less than any {@link
   * dev.leat.gateway.LeatGateway#drain} that is worth its name.
   */
  private static final long LONGEST = 1_500;

  private IdleConnectionDrain() {}

  /** HTTP/2 says by itself which requests were taken. */
  static void watch(HttpConnection connection) {
    if (connection instanceof Http1ServerConnection http1) {
      http1.channel().pipeline().addFirst(new IdleConnectionDrain());
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ShutdownEvent) {
      var unused =
          context
              .executor()
              .schedule(
                  () -> context.fireUserEventTriggered(event), LONGEST, TimeUnit.MILLISECONDS);
    } else {
      context.fireUserEventTriggered(event);
    }
  }
}

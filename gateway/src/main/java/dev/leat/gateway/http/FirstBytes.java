package dev.leat.gateway.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import io.vertx.core.http.HttpConnection;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection that nobody else looks after in time: Vert.x tells of one only once its TLS
 * is agreed upon, its client has said what HTTP/2 begins with, or, where that may be spoken without
 * TLS, its first request is there. Confined to the connection's loop.
 */
public final class FirstBytes extends ChannelInboundHandlerAdapter {
  private final Duration patience;
  private @Nullable Future<?> timer;

  /**
   * To be added to a connection before anything else.
   *
   * @param patience until it is closed
   */
  public FirstBytes(Duration patience) {
    this.patience = patience;
  }

  /** A connection is looked after by others from now on. */
  public static void opened(HttpConnection connection) {
    Channel channel = Channels.of(connection);
    FirstBytes watching = channel == null ? null : channel.pipeline().get(FirstBytes.class);
    if (channel != null && watching != null) {
      channel.pipeline().remove(watching);
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    if (context.channel().isActive()) {
      begin(context);
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    begin(context);
    context.fireChannelActive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    if (timer != null) {
      timer.cancel(false);
    }
  }

  private void begin(ChannelHandlerContext context) {
    if (timer == null) {
      timer =
          context
              .executor()
              .schedule(
                  () -> {
                    var unused = context.close();
                  },
                  patience.toMillis(),
                  TimeUnit.MILLISECONDS);
    }
  }
}

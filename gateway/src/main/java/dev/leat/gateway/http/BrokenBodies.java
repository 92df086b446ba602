package dev.leat.gateway.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.http1.Http1ServerConnection;
import org.jspecify.annotations.Nullable;

/**
 * Tells a request of HTTP/1 that the rest of its body is none, such as a chunk whose size is no
 * number, while its client can still be answered; Vert.x would close the connection without a word.
 * Confined to the connection's loop.
 */
final class BrokenBodies extends ChannelInboundHandlerAdapter {
  private @Nullable Runnable onBroken;

  private BrokenBodies() {}

  static void watch(HttpConnection connection) {
    if (connection instanceof Http1ServerConnection http1) {
      http1.channel().pipeline().addBefore("handler", null, new BrokenBodies());
    }
  }

  /** From now on the connection's request is another, which is told by this. */
  static void tell(HttpConnection connection, Runnable onBroken) {
    if (connection instanceof Http1ServerConnection http1) {
      BrokenBodies watching = http1.channel().pipeline().get(BrokenBodies.class);
      if (watching != null) {
        watching.onBroken = onBroken;
      }
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    boolean body = message instanceof HttpContent && !(message instanceof HttpRequest);
    if (body && ((HttpContent) message).decoderResult().isFailure()) {
      ReferenceCountUtil.release(message);
      if (onBroken == null) {
        var unused = context.close();
      } else {
        onBroken.run();
      }
    } else {
      context.fireChannelRead(message);
    }
  }
}

package dev.leat.gateway.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.http1.Http1ServerConnection;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection that does not come to its first request where HTTP/2 may be spoken: Vert.x
 * tells nobody of it before that, or before it has said that it speaks HTTP/2. Confined to the
 * connection's loop.
 */
public final class FirstBytes extends ChannelInboundHandlerAdapter {
  /** What HTTP/2 begins with (RFC 9113, section 3.4); nothing else begins like it. */
  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);

  /** What TLS begins with; it has a time limit of its own. */
  private static final byte HANDSHAKE = 22;

  private final Duration patience;
  private boolean compares = true;
  private int matched;
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
  static void opened(HttpConnection connection) {
    if (connection instanceof Http1ServerConnection http1) {
      FirstBytes watching = http1.channel().pipeline().get(FirstBytes.class);
      if (watching != null) {
        http1.channel().pipeline().remove(watching);
      }
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
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (compares && message instanceof ByteBuf bytes && isLookedAfter(bytes)) {
      context.pipeline().remove(this);
    }
    context.fireChannelRead(message);
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

  /** Whether it speaks HTTP/2 or TLS; of HTTP/1 we are told by its first request. */
  private boolean isLookedAfter(ByteBuf bytes) {
    for (int i = bytes.readerIndex(); i < bytes.writerIndex(); i++) {
      byte next = bytes.getByte(i);
      if (next != PREFACE[matched]) {
        compares = false;
        return matched == 0 && next == HANDSHAKE;
      }
      matched++;
      if (matched == PREFACE.length) {
        return true;
      }
    }
    return false;
  }
}

package dev.leat.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.compression.JdkZlibDecoder;
import io.netty.handler.codec.compression.ZlibWrapper;
import io.vertx.core.buffer.Buffer;
import java.util.function.Predicate;

/**
 * Decodes a body of {@code Content-Encoding: gzip} as it comes. A kilobyte may become a megabyte:
 * so little is decoded at a time, and nothing more once that is too much. Confined to one loop.
 */
final class Gunzip {
  /** Bytes. */
  private static final int SLICE = 1 << 10;

  private final JdkZlibDecoder decoder = new JdkZlibDecoder(ZlibWrapper.GZIP, false, 0);
  private final EmbeddedChannel channel = new EmbeddedChannel(decoder);
  private boolean over;
  private int decoded;

  /** The last four bytes that came: how many there should be (RFC 1952, section 2.3.1). */
  private int said;

  /** Whether a coding is this one, by either of its names (RFC 9110, section 8.4.1.3). */
  static boolean is(String coding) {
    return coding.equalsIgnoreCase("gzip") || coding.equalsIgnoreCase("x-gzip");
  }

  /**
   * Decodes more of it.
   *
   * @param taker of what it becomes; false where that is enough
   * @throws DecompressionException if it is not gzip
   */
  void decode(Buffer bytes, Predicate<Buffer> taker) {
    boolean wanted = true;
    for (int at = 0; at < bytes.length() && wanted; at += SLICE) {
      byte[] slice = bytes.getBytes(at, Math.min(bytes.length(), at + SLICE));
      for (int i = Math.max(0, slice.length - Integer.BYTES); i < slice.length; i++) {
        said = said >>> 8 | slice[i] << 24;
      }
      channel.writeInbound(Unpooled.wrappedBuffer(slice));
      wanted = handOn(taker);
    }
  }

  private boolean handOn(Predicate<Buffer> taker) {
    boolean wanted = true;
    for (ByteBuf part = channel.readInbound(); part != null; part = channel.readInbound()) {
      byte[] copy = new byte[part.readableBytes()];
      part.readBytes(copy);
      part.release();
      decoded += copy.length;
      wanted = wanted && taker.test(Buffer.buffer(copy));
    }
    return wanted;
  }

  /**
   * Nothing more comes, or is wanted; harmless when repeated. Whether it was whole, and nothing
   * came after it.
   */
  boolean end() {
    boolean whole = decoder.isClosed() && said == decoded;
    if (!over) {
      over = true;
      channel.finishAndReleaseAll();
    }
    return whole;
  }
}

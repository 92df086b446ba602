package dev.leat.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;

/** Buffers of Vert.x and arrays, one as the other. Any thread. Hot path: bodies may be large. */
final class ZeroCopy {
  private ZeroCopy() {}

  /** What is in an array, which nobody changes any more. */
  static Buffer buffer(byte[] bytes) {
    return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes));
  }

  /** All that is in a buffer, which nobody changes any more; copied only where it must be. */
  static byte[] bytes(Buffer buffer) {
    ByteBuf content = ((BufferInternal) buffer).getByteBuf();
    return content.hasArray()
            && content.arrayOffset() == 0
            && content.array().length == content.readableBytes()
        ? content.array()
        : buffer.getBytes();
  }
}

package dev.leat.gateway.http;

import dev.leat.gateway.admission.MemoryBudget;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.internal.buffer.BufferInternal;
import org.jspecify.annotations.Nullable;

/**
 * The body of a response, until its client has taken it. A large one is written part by part, each
 * once there is room for it, so that it stands in memory once and not in the connection's queue as
 * well. Confined to its request's loop.
 */
final class Outbound extends Transfers.Transfer {
  /** Bytes that are written at a time; a client that takes as many in its time goes on. */
  private static final int PART = 1 << 16;

  /** Of RFC 9113, section 7: it is not needed any more. */
  private static final long CANCEL = 8;

  private final HttpServerRequest request;
  private final Clients.@Nullable Client client;
  private final byte[] bytes;
  private final long held;
  private final Clients clients;
  private final MemoryBudget memory;
  private int at;
  private boolean over;

  /**
   * A body that is not sent yet.
   *
   * @param held bytes that count as waiting until it is taken
   */
  Outbound(
      HttpServerRequest request,
      Clients.@Nullable Client client,
      byte[] bytes,
      long held,
      Clients clients,
      MemoryBudget memory) {
    this.request = request;
    this.client = client;
    this.bytes = bytes;
    this.held = held;
    this.clients = clients;
    this.memory = memory;
  }

  /** Ends the response with it. */
  void send() {
    if (bytes.length > PART) {
      request.response().putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(bytes.length));
      goOn();
    } else {
      end();
    }
  }

  /** Its client has gone, or it was taken. */
  void end(boolean taken) {
    if (!over) {
      over = true;
      clients.waitsNoMore(this);
      if (held > 0) {
        memory.give(held);
      }
      Clients.sent(client, taken);
    }
  }

  /** A stream of HTTP/2 may be given up alone, unless its client takes nothing of any. */
  @Override
  void giveUp() {
    Channel channel = Channels.of(request.connection());
    boolean deaf = channel != null && !channel.isWritable();
    if (request.version() == HttpVersion.HTTP_2 && !deaf) {
      request.response().reset(CANCEL);
    } else {
      Channels.close(request.connection());
    }
    end(false);
  }

  private void goOn() {
    HttpServerResponse response = request.response();
    while (!over) {
      if (response.closed()) {
        end(false);
        return;
      }
      if (response.writeQueueFull()) {
        clients.waitsForRoom(this);
        response.drainHandler(drained -> goOn());
        return;
      }
      int length = Math.min(PART, bytes.length - at);
      Future<Void> written = response.write(part(length));
      at += length;
      if (at == bytes.length) {
        endAfter(written);
        return;
      }
    }
  }

  /** Not before all of it was taken: a shutdown closes as soon as a response has ended. */
  private void endAfter(Future<Void> last) {
    clients.waitsForRoom(this);
    last.onComplete(
        taken -> {
          if (!over && taken.succeeded() && !request.response().closed()) {
            end();
          } else {
            end(false);
          }
        });
  }

  private void end() {
    HttpServerResponse response = request.response();
    Future<Void> ended =
        bytes.length == at ? response.end() : response.end(part(bytes.length - at));
    if (!ended.isComplete()
        && request.version() != HttpVersion.HTTP_2
        && request.decoderResult().isSuccess()) {
      // While requests are read Vert.x keeps what is written, and the next would have to wait.
      Channel channel = Channels.of(request.connection());
      if (channel != null) {
        channel.flush();
      }
    }
    if (ended.isComplete()) {
      end(ended.succeeded());
    } else {
      clients.waitsForRoom(this);
      ended.onComplete(taken -> end(taken.succeeded()));
    }
  }

  private Buffer part(int length) {
    return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes, at, length));
  }
}

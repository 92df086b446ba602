package dev.leat.gateway.http;

import dev.leat.gateway.admission.MemoryBudget;
import io.netty.buffer.Unpooled;
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

  @Override
  void giveUp() {
    if (request.version() == HttpVersion.HTTP_2) {
      request.response().reset(CANCEL);
    } else {
      request.connection().close();
    }
    end(false);
  }

  private void goOn() {
    HttpServerResponse response = request.response();
    while (!over && bytes.length - at > PART) {
      if (response.closed()) {
        end(false);
        return;
      }
      if (response.writeQueueFull()) {
        clients.waitsForRoom(this);
        response.drainHandler(drained -> goOn());
        return;
      }
      var unused = response.write(part(PART));
      at += PART;
    }
    if (!over) {
      end();
    }
  }

  private void end() {
    HttpServerResponse response = request.response();
    Future<Void> ended =
        bytes.length == at ? response.end() : response.end(part(bytes.length - at));
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

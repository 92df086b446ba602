package dev.leat.gateway.http;

import dev.leat.Headers;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Problem;
import dev.leat.broker.EventLoop;
import dev.leat.caller.CallListener;
import dev.leat.caller.PendingCall;
import dev.leat.caller.PendingCalls;
import dev.leat.gateway.admission.Admission;
import dev.leat.gateway.admission.TopicReaders.Readers;
import dev.leat.gateway.route.Match;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import io.netty.handler.codec.compression.DecompressionException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** One request from its first byte to its response. Confined to its loop, from birth to end. */
final class Exchange extends Transfers.Transfer implements CallListener {
  /**
   * Bytes beyond its limit that a body may go on for until the connection is given up. A client
   * that is still sending would not read its 413 if the connection were closed at once.
   */
  private static final long PATIENCE = 8 << 20;

  /** Bytes that come in the time that a body is given, if it does not end. */
  private static final long PACE = 512 << 10;

  /** Bytes of a part that is kept as it came; smaller ones would take more room than they have. */
  private static final int PART = 1 << 10;

  private final HttpServerRequest request;
  private final Responder responder;
  private final String id;
  private final String path;
  private final Match.Found match;
  private final PendingCalls calls;
  private final EventLoop loop;
  private final Clients clients;
  private final Admission admission;
  private final MediaType type;

  private final Framing framing;

  /** As it comes, and most come whole: joined once it is all there. */
  private List<Buffer> body = List.of();

  private long received;

  /** Of those, the ones that count as waiting. */
  private long held;

  /** How many had come when it was given its time. */
  private long timed;

  /** As it came, where it is decoded. */
  private long encoded;

  private @Nullable Gunzip gunzip;
  private boolean waits;
  private @Nullable PendingCall call;

  Exchange(
      HttpServerRequest request,
      Responder responder,
      String id,
      String path,
      Match.Found match,
      PendingCalls calls,
      EventLoop loop,
      Clients clients,
      Admission admission) {
    this.request = request;
    this.responder = responder;
    this.id = id;
    this.path = path;
    this.match = match;
    this.calls = calls;
    this.loop = loop;
    this.clients = clients;
    this.admission = admission;
    this.type = MediaType.of(request.getHeader(HttpHeaders.CONTENT_TYPE));
    this.framing = Framing.of(request);
  }

  void begin() {
    if (framing.hasBody() && !isMediaTypeTaken()) {
      refuseMediaType();
      return;
    }
    if (isEncoded()) {
      refuseEncoding();
      return;
    }
    Optional<Problem> fault = IdempotencyKey.fault(request, match.route());
    if (fault.isPresent()) {
      clients.ending(request);
      responder.problemAndClose(fault.orElseThrow());
      return;
    }
    if (framing.announced() > 0 && !admission.memory().hasRoom(framing.announced())) {
      refuseUnread(Problems.noRoom("there is no room for its body"));
      return;
    }
    responder.onEnd(this::forget);
    if (Framing.expectsContinue(request)) {
      if (framing.announced() > match.route().bodyLimit()) {
        refuseUnread(413, "Body too large", limit());
        return;
      }
      var unused = request.response().writeContinue();
    }
    request.handler(
        bytes -> {
          try {
            if (gunzip == null) {
              onBytes(bytes);
            } else {
              onEncoded(gunzip, bytes);
            }
          } catch (RuntimeException | Error failure) {
            failed(failure);
          }
        });
    request.exceptionHandler(
        gone -> {
          forget();
          clients.received(this);
        });
    request.endHandler(
        end -> {
          try {
            onBody();
          } catch (RuntimeException | Error failure) {
            failed(failure);
          }
        });
    if (framing.mayHaveBody()) {
      clients.receiving(this);
      BrokenBodies.tell(request.connection(), this::onBroken);
    }
  }

  private void onBroken() {
    clients.received(this);
    forget();
    if (responder.isOver()) {
      request.connection().close();
    } else {
      refuseUnread(400, "Bad request", "the body cannot be told from what follows it");
    }
  }

  @Override
  void giveUp() {
    forget();
    if (!responder.isOver()) {
      refuseUnread(408, "Request too slow", "the body did not come in time");
    }
  }

  @Override
  public void onAccepted() {
    letGo();
  }

  @Override
  public void onReply(Message reply) {
    waitsNoMore(true);
    try {
      if (!responder.isOver()) {
        responder.reply(reply);
      }
    } catch (RuntimeException | Error failure) {
      failed(failure);
    }
  }

  @Override
  public void onFailure(LeatException failure) {
    waitsNoMore(false);
    if (!responder.isOver()) {
      responder.problem(Problems.of(failure));
    }
  }

  /** What of the body is here, wherever that is. */
  private void forget() {
    body = List.of();
    letGo();
    if (gunzip != null) {
      gunzip.end();
    }
  }

  /** The broker has it, or nobody will. */
  private void letGo() {
    if (held > 0) {
      admission.memory().give(held);
      held = 0;
    }
  }

  /** As long as something is taken off it, it may go on; as with what is not encoded. */
  private void onEncoded(Gunzip decoding, Buffer bytes) {
    encoded += bytes.length();
    if (responder.isOver()) {
      return;
    }
    if (received > match.route().bodyLimit() || encoded > match.route().bodyLimit() + PATIENCE) {
      forget();
      refuseUnread(413, "Body too large", limit());
      return;
    }
    try {
      decoding.decode(
          bytes,
          decoded -> {
            onBytes(decoded);
            return received <= match.route().bodyLimit();
          });
    } catch (DecompressionException broken) {
      forget();
      refuseUnread(400, "Malformed body", "the body is not gzip, as it says");
    }
  }

  private void onBytes(Buffer bytes) {
    if (received == 0 && !framing.hasBody() && !isMediaTypeTaken()) {
      refuseMediaType();
    }
    received += bytes.length();
    if (responder.isOver()) {
      body = List.of();
      return;
    }
    if (received > match.route().bodyLimit()) {
      body = List.of();
      if (received > match.route().bodyLimit() + PATIENCE && !responder.isOver()) {
        refuseUnread(413, "Body too large", limit());
      }
    } else if (!hold(bytes.length())) {
      forget();
      refuseUnread(Problems.noRoom("there is no room for its body"));
    } else if (body.isEmpty()) {
      body = List.of(bytes);
    } else if (bytes.length() >= PART) {
      body = body.size() == 1 ? new ArrayList<>(body) : body;
      body.add(bytes);
    } else {
      body.getLast().appendBuffer(bytes);
    }
  }

  private boolean hold(int bytes) {
    if (!admission.memory().take(bytes, received)) {
      return false;
    }
    held += bytes;
    if (received - timed > PACE) {
      timed = received;
      clients.receiving(this);
    } else {
      clients.moved(this);
    }
    return true;
  }

  private void onBody() {
    clients.received(this);
    if (responder.isOver()) {
      return;
    }
    if (received > match.route().bodyLimit()) {
      responder.problem(Problem.of(413, "Body too large", limit()));
      return;
    }
    if (gunzip != null && !gunzip.end() && encoded > 0) {
      responder.problem(Problem.of(400, "Malformed body", "the body is not one whole gzip"));
      return;
    }
    switch (Body.of(type, whole())) {
      case Body.Refused refused -> responder.problem(refused.problem());
      case Body.Taken taken -> send(taken.payload());
    }
  }

  private byte[] whole() {
    byte[] whole = body.size() == 1 ? ZeroCopy.bytes(body.getFirst()) : joined();
    body = List.of();
    return whole;
  }

  private byte[] joined() {
    byte[] all = new byte[(int) received];
    int at = 0;
    for (Buffer part : body) {
      part.getBytes(all, at);
      at += part.length();
    }
    return all;
  }

  private void send(Payload given) {
    Headers headers;
    try {
      headers =
          responder
              .served()
              .addTo(RequestHeaders.of(request, path, responder.given(), match, type));
    } catch (IllegalArgumentException malformed) {
      responder.problem(Problem.of(400, "Bad request", String.valueOf(malformed.getMessage())));
      return;
    }
    Route route = match.route();
    Instant deadline = loop.clock().instant().plus(route.timeout());
    OptionalLong wait = admission.admit(route, given.size());
    if (wait.isPresent()) {
      responder.busy(wait.getAsLong());
      return;
    }
    waits = true;
    // Workers that answer on the shared stream parse what they get, and end at what is empty.
    boolean isEmpty = given.size() == 0 && route.reply() == ReplyMode.SHARED;
    Payload payload = isEmpty ? Payload.json("{}") : given;
    if (admission.readers().areThere(route)) {
      send(headers, payload, deadline);
      return;
    }
    var unused =
        admission
            .readers()
            .look(route)
            .thenAccept(found -> loop.execute(() -> onReaders(found, headers, payload, deadline)));
  }

  private void onReaders(Readers found, Headers headers, Payload payload, Instant deadline) {
    Optional<Problem> problem = Problems.of(found, match.route());
    if (responder.isOver() || problem.isPresent()) {
      waitsNoMore(false);
    }
    if (responder.isOver()) {
      return;
    }
    try {
      problem.ifPresentOrElse(responder::problem, () -> send(headers, payload, deadline));
    } catch (RuntimeException | Error failure) {
      failed(failure);
    }
  }

  private void send(Headers headers, Payload payload, Instant deadline) {
    if (match.route().reply() == ReplyMode.NONE) {
      calls.send(id, match.target(), headers, payload, this::onTaken, this::onFailure);
      return;
    }
    // Before the call: its reply may be there before this method is left.
    responder.onGone(this::cancel);
    call = calls.call(id, match.target(), headers, payload, deadline, this);
  }

  private void failed(Throwable failure) {
    forget();
    clients.received(this);
    clients.ending(request);
    waitsNoMore(false);
    responder.failed(failure);
  }

  private void onTaken() {
    letGo();
    waitsNoMore(true);
    if (!responder.isOver()) {
      responder.accepted();
    }
  }

  private void cancel() {
    if (call != null) {
      call.cancel();
      waitsNoMore(false);
    }
  }

  /** However it ends, and it may be said to end twice: its place is free for another. */
  private void waitsNoMore(boolean answered) {
    if (waits) {
      waits = false;
      admission.ended(match.route(), answered);
    }
  }

  private void refuseUnread(int status, String title, String detail) {
    refuseUnread(Problem.of(status, title, detail));
  }

  private void refuseUnread(Problem problem) {
    clients.ending(request);
    responder.problemAndClose(problem);
  }

  private boolean isMediaTypeTaken() {
    return match.route().takes(type.name());
  }

  /** Whether the body is in a coding that is not taken; one that is, is decoded from now on. */
  private boolean isEncoded() {
    String coding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
    if (coding == null || coding.equalsIgnoreCase("identity") || !framing.mayHaveBody()) {
      return false;
    }
    if (match.route().gzipBodies() && Gunzip.is(coding)) {
      gunzip = new Gunzip();
      return false;
    }
    // Where the worker is told of it, it is the worker's affair.
    return !match.route().headers().contains("content-encoding");
  }

  private void refuseEncoding() {
    boolean gzip = match.route().gzipBodies();
    request.response().putHeader(HttpHeaders.ACCEPT_ENCODING, gzip ? "gzip" : "identity");
    refuseUnread(
        415,
        "Unsupported content encoding",
        gzip
            ? "this route takes bodies as they are, or in gzip"
            : "this route takes bodies as they are");
  }

  private void refuseMediaType() {
    refuseUnread(415, "Unsupported media type", "this route takes " + match.route().taken());
  }

  private String limit() {
    return "a body here has " + match.route().bodyLimit() + " bytes at most";
  }
}

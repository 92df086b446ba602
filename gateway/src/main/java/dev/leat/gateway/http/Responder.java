package dev.leat.gateway.http;

import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Problem;
import dev.leat.Telemetry;
import dev.leat.caller.ReplyFaults;
import dev.leat.gateway.admission.MemoryBudget;
import dev.leat.gateway.route.Route;
import dev.leat.wire.JsonSyntax;
import dev.leat.wire.ProblemReply;
import dev.leat.wire.Utf8;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes responses. Confined to the request's loop. */
final class Responder {
  private static final Logger log = LoggerFactory.getLogger(Responder.class);

  private static final int NO_CONTENT = 204;

  /** Of RFC 9113, section 8.1: the response is whole, and the rest of the request not wanted. */
  private static final long NO_ERROR = 0;

  private static final int NOT_MODIFIED = 304;

  /** Seconds; long enough for a burst to pass, short enough to be tried. */
  private static final String RETRY_AFTER = "1";

  private final HttpServerRequest request;
  private final Clients.@Nullable Client client;
  private final String id;
  private final long began;
  private final Telemetry.Served served;
  private final Optional<String> given;
  private final boolean compression;
  private final HttpDate date;
  private final ReplyFaults faults;
  private final Clients clients;
  private final MemoryBudget memory;
  private @Nullable Route route;
  private Runnable onGone = () -> {};
  private Runnable onEnd = () -> {};
  private @Nullable Outbound outbound;
  private boolean over;
  private @Nullable Ending ending;
  private @Nullable Message shown;

  /**
   * Nothing is said yet.
   *
   * @param client who asks; null where that is not watched
   * @param id of the message, or the one it would have
   * @param began in the time of whoever hears of requests
   * @param served told when it has ended, and what its message is a part of
   * @param compression whether responses are compressed for clients that take it
   * @param faults told of replies that cannot be shown
   * @param memory that replies count in until their clients have taken them
   */
  Responder(
      HttpServerRequest request,
      Clients.@Nullable Client client,
      String id,
      long began,
      Telemetry.Served served,
      boolean compression,
      HttpDate date,
      ReplyFaults faults,
      Clients clients,
      MemoryBudget memory) {
    this.request = request;
    this.client = client;
    this.id = id;
    this.began = began;
    this.served = served;
    this.compression = compression;
    this.date = date;
    this.faults = faults;
    this.clients = clients;
    this.memory = memory;
    this.given = RequestId.of(request);
    begin(request.response());
  }

  private void begin(HttpServerResponse response) {
    response.putHeader(RequestId.HEADER, given.orElse(id));
    response.putHeader(HttpHeaders.DATE, date.now());
  }

  /** Runs something when the client goes before its response has ended. */
  void onGone(Runnable action) {
    onGone = action;
  }

  void gone() {
    onGone.run();
    if (outbound != null) {
      outbound.end(false);
    }
  }

  /** Runs something when the request ends, however it does. */
  void onEnd(Runnable action) {
    onEnd = action;
  }

  /** Whether the request ends now: it does so once, by its response or with its connection. */
  boolean isFirstEnd() {
    boolean first = !over;
    over = true;
    if (first) {
      onEnd.run();
    }
    return first;
  }

  void takenBy(Route taken) {
    route = taken;
  }

  /** The route that took the request; null where none did. */
  @Nullable Route route() {
    return route;
  }

  HttpServerRequest request() {
    return request;
  }

  /** Who asks; null where that is not watched. */
  Clients.@Nullable Client client() {
    return client;
  }

  /** When the request was taken. */
  long began() {
    return began;
  }

  /** Who is told of it. */
  Telemetry.Served served() {
    return served;
  }

  /** The id of the message, or the one it would have had. */
  String id() {
    return id;
  }

  /** The name that the client gave the request. */
  Optional<String> given() {
    return given;
  }

  /** How the request has ended; by its status, where it was answered for us. */
  Ending ending(int status) {
    return ending == null ? Ending.of(status) : ending;
  }

  /** The reply that was shown; null where there was none. */
  @Nullable Message shown() {
    return shown;
  }

  /** Whether the response has ended, or has nobody to go to. */
  boolean isOver() {
    return request.response().ended() || request.response().closed();
  }

  /** The reply as the worker wants it seen, or 502 where that cannot be. */
  void reply(Message reply) {
    String type =
        reply
            .headers()
            .get(Headers.CONTENT_TYPE)
            .orElseGet(() -> reply.payload().encoding().mediaType());
    ReplyHeaders headers;
    try {
      fault(reply, type).ifPresent(Responder::refuse);
      headers = ReplyHeaders.of(reply);
    } catch (IllegalArgumentException unusable) {
      String cause = String.valueOf(unusable.getMessage());
      if (route != null) {
        faults.found(reply.source(), route.topic(), cause);
      }
      problem(Problems.badReply(cause));
      return;
    }
    int size = reply.payload().size();
    if (!memory.take(size, size)) {
      problem(Problems.noRoom("its reply is there, and there is no room to hand it on"));
      return;
    }
    HttpServerResponse response = request.response();
    response.setStatusCode(status(reply));
    headers.writeTo(response.headers());
    shown = reply;
    ending = ProblemReply.is(reply) ? Ending.FAILED : Ending.REPLIED;
    end(reply.payload(), type, size);
  }

  private static void refuse(String fault) {
    throw new IllegalArgumentException(fault);
  }

  /** The problem, with the id of the message. */
  void problem(Problem problem) {
    HttpServerResponse response = request.response();
    response.setStatusCode(problem.status());
    ending = Ending.of(problem.status());
    if (problem.status() == 503 && !response.headers().contains(HttpHeaders.RETRY_AFTER)) {
      response.putHeader(HttpHeaders.RETRY_AFTER, RETRY_AFTER);
    }
    end(ProblemReply.payload(problem.withId(id)), ProblemReply.MEDIA_TYPE, 0);
  }

  /** 429: the route has taken its share. */
  void tooMany(long secondsToWait) {
    request.response().putHeader(HttpHeaders.RETRY_AFTER, Long.toString(secondsToWait));
    problem(Problem.of(429, "Too many requests", "this route takes no more for now"));
  }

  /** 503: what waits already leaves no hope for it. */
  void busy(long secondsToWait) {
    request.response().putHeader(HttpHeaders.RETRY_AFTER, Long.toString(secondsToWait));
    problem(
        Problem.of(503, "Too much waiting", "it could not be answered in time; try again later"));
  }

  /** 202: the broker has it, and nobody will answer. */
  void accepted() {
    request.response().setStatusCode(202);
    ending = Ending.ACCEPTED;
    end(Payload.json("{\"id\":\"" + id + "\"}"), Encoding.JSON.mediaType(), 0);
  }

  /** 204 with the methods that are allowed. */
  void options(Set<String> allowed) {
    allow(allowed);
    ending = Ending.REPLIED;
    request.response().setStatusCode(NO_CONTENT);
    end(Payload.EMPTY, "", 0);
  }

  /** Says which methods are allowed, whatever else the response says. */
  void allow(Set<String> allowed) {
    request.response().putHeader(HttpHeaders.ALLOW, String.join(", ", allowed));
  }

  /**
   * 500 for what should never have happened. Nobody knows how far it got, so the connection ends
   * with it.
   */
  void failed(Throwable failure) {
    log.error("message={} could not be answered as it should have been", id, failure);
    if (isOver()) {
      return;
    }
    try {
      HttpServerResponse response = request.response();
      response.headers().clear();
      begin(response);
      problemAndClose(Problem.of(500, "Internal error", "the gateway failed to answer"));
    } catch (RuntimeException | Error again) {
      log.error("message={} could not be answered at all", id, again);
      request.connection().close();
    }
  }

  /** The problem, after which the connection ends: not all of the request was read. */
  void problemAndClose(Problem problem) {
    if (request.version() == HttpVersion.HTTP_2) {
      // The connection is shared by other requests: the rest of this one's body is given up alone.
      problem(problem);
      request.response().reset(NO_ERROR);
      return;
    }
    request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    problem(problem);
    LingeringClose.close(request.connection());
  }

  /**
   * Ends the response.
   *
   * @param held bytes that count as waiting until its client has taken it
   */
  private void end(Payload payload, String type, long held) {
    HttpServerResponse response = request.response();
    if (compression) {
      Compression.prepare(request);
    }
    int status = response.getStatusCode();
    if (status == NO_CONTENT || status == NOT_MODIFIED) {
      send(Payload.EMPTY, held);
      return;
    }
    if (payload.size() > 0) {
      response.putHeader(HttpHeaders.CONTENT_TYPE, type);
    }
    boolean head = request.method().equals(HttpMethod.HEAD);
    if (head) {
      // Of what there would be; else it is said by itself.
      response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(payload.size()));
    }
    send(head ? Payload.EMPTY : payload, held);
  }

  private void send(Payload payload, long held) {
    // Before the end: the next request of the connection may come within it.
    Clients.sending(client);
    Outbound body = new Outbound(request, client, payload.bytes(), held, clients, memory);
    outbound = body;
    body.send();
  }

  /** Why a reply cannot be shown; empty when it can, as far as that is not in its headers. */
  private static Optional<String> fault(Message reply, String type) {
    int status = status(reply);
    if (status < 200 || status > 599) {
      return Optional.of("the reply's status is not one of HTTP");
    }
    Payload payload = reply.payload();
    Optional<String> syntax =
        switch (payload.encoding()) {
          case JSON ->
              payload.size() == 0
                  ? Optional.empty()
                  : JsonSyntax.fault(payload.bytes())
                      .map(where -> "the reply is not JSON: " + where);
          case TEXT ->
              Utf8.is(payload.bytes())
                  ? Optional.empty()
                  : Optional.of("the reply is text and not UTF-8");
          case BINARY -> Optional.empty();
        };
    return syntax.or(() -> ReplyHeaders.fault(type));
  }

  private static int status(Message reply) {
    try {
      return reply.headers().get(Headers.STATUS).map(Integer::parseInt).orElse(200);
    } catch (NumberFormatException malformed) {
      return -1;
    }
  }
}

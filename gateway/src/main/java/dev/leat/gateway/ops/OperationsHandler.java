package dev.leat.gateway.ops;

import dev.leat.broker.Broker;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The operations API over HTTP: who may ask, how many at a time, and how they are answered. On
 * event loops; what asks the broker is done on virtual threads.
 */
final class OperationsHandler implements AutoCloseable {
  private static final String OPEN_API_PATH = "/api/openapi.json";
  private static final String CHANGES = "/api/changes";
  private static final String JOBS = "/api/jobs";

  /** Milliseconds between two looks of whoever follows. */
  private static final long TURN = 1_000;

  private final String openApi = openApi();
  private final OperationsAccess access;
  private final OperationsApi operations;

  /** Each question may read much; an answer counts until its client has taken it. */
  private final Semaphore reading = new Semaphore(4);

  private final Semaphore writing = new Semaphore(4);
  private final Semaphore following = new Semaphore(8);

  OperationsHandler(Broker broker, OperationsAccess access) {
    this.access = access;
    this.operations = new OperationsApi(broker, access.hidden());
  }

  @Override
  public void close() {
    operations.close();
  }

  void handle(HttpServerRequest request, String path) {
    HttpServerResponse response = request.response();
    Set<String> methods = methods(path);
    String method = request.method().equals(HttpMethod.HEAD) ? "GET" : request.method().name();
    if (methods.isEmpty()) {
      answer(response, problem(404, "Not found", "there is " + all()));
    } else if (!methods.contains(method)) {
      String allowed = String.join(", ", methods).replace("GET", "GET, HEAD");
      response.putHeader("allow", allowed);
      answer(response, problem(405, "Method not allowed", "it is asked by " + allowed));
    } else if (!access.lets(request, method.equals("GET"))) {
      response.putHeader("www-authenticate", "Bearer");
      answer(response, problem(401, "Unauthorized", access.refusal()));
    } else {
      Optional<OperationsParameters> parameters = parameters(request);
      if (parameters.isEmpty()) {
        answer(
            response,
            problem(
                400, "Bad request", "what follows the ? is not percent-encoded as it should be"));
      } else {
        answer(request, method, path, parameters.get());
      }
    }
  }

  private Set<String> methods(String path) {
    return path.equals(OPEN_API_PATH) || path.equals(CHANGES)
        ? Set.of("GET")
        : new TreeSet<>(operations.methods(path));
  }

  private String all() {
    List<String> all = new ArrayList<>(operations.all());
    all.add("GET " + CHANGES);
    return String.join(", ", all.stream().sorted().toList());
  }

  private static Optional<OperationsParameters> parameters(HttpServerRequest request) {
    Map<String, List<String>> given = new LinkedHashMap<>();
    try {
      request
          .params()
          .forEach(
              one ->
                  given
                      .computeIfAbsent(one.getKey(), name -> new ArrayList<>())
                      .add(one.getValue()));
    } catch (IllegalArgumentException malformed) {
      return Optional.empty();
    }
    return Optional.of(new OperationsParameters(given));
  }

  private void answer(
      HttpServerRequest request, String method, String path, OperationsParameters parameters) {
    HttpServerResponse response = request.response();
    if (path.equals(OPEN_API_PATH)) {
      answer(response, new OperationsApi.Answer(200, openApi));
    } else if (path.equals(CHANGES)) {
      follow(request, parameters);
    } else if (path.startsWith(JOBS)) {
      // What is under way can be looked at and stopped however much is asked.
      Thread.startVirtualThread(
          () -> answer(response, operations.answer(method, path, parameters)));
    } else {
      answer(response, method.equals("GET") ? reading : writing, method, path, parameters);
    }
  }

  private void answer(
      HttpServerResponse response,
      Semaphore places,
      String method,
      String path,
      OperationsParameters parameters) {
    if (!places.tryAcquire()) {
      answer(response, problem(503, "Busy", "others are asking much already; try again later"));
      return;
    }
    Runnable release = once(places);
    response.exceptionHandler(failure -> release.run());
    response.closeHandler(closed -> release.run());
    Thread.startVirtualThread(
        () -> {
          OperationsApi.Answer answer = operations.answer(method, path, parameters);
          answer(response, answer).onComplete(taken -> release.run());
        });
  }

  /** Tells each second how it stands, until whoever listens goes. */
  private void follow(HttpServerRequest request, OperationsParameters parameters) {
    HttpServerResponse response = request.response();
    if (request.method().equals(HttpMethod.HEAD)) {
      var unused = events(response).end();
      return;
    }
    if (!following.tryAcquire()) {
      answer(response, problem(503, "Busy", "others follow already; try again later"));
      return;
    }
    Runnable release = once(following);
    response.closeHandler(closed -> release.run());
    response.endHandler(ended -> release.run());
    Context context = Objects.requireNonNull(Vertx.currentContext(), "on its event loop");
    Thread.startVirtualThread(
        () -> {
          OperationsApi.Answer first = operations.answer("GET", "/api/census", parameters);
          if (first.status() >= 400 && first.status() < 500) {
            answer(response, first);
          } else {
            context.runOnContext(now -> tell(context.owner(), response, parameters));
          }
        });
  }

  private void tell(Vertx vertx, HttpServerResponse response, OperationsParameters parameters) {
    events(response);
    AtomicBoolean looking = new AtomicBoolean();
    long unusedTimer =
        vertx.setPeriodic(
            1,
            TURN,
            turn -> {
              if (response.closed()) {
                boolean unused = vertx.cancelTimer(turn);
              } else if (!response.writeQueueFull() && looking.compareAndSet(false, true)) {
                // Whoever reads slowly, or a broker that is slow, misses some.
                Thread.startVirtualThread(() -> tell(response, parameters, looking));
              }
            });
  }

  private void tell(
      HttpServerResponse response, OperationsParameters parameters, AtomicBoolean looking) {
    try {
      String said =
          event("census", operations.answer("GET", "/api/census", parameters))
              + event("jobs", operations.answer("GET", JOBS, OperationsParameters.NONE));
      if (!response.closed() && !response.ended()) {
        var unused = response.write(said);
      }
    } finally {
      looking.set(false);
    }
  }

  private static HttpServerResponse events(HttpServerResponse response) {
    return response
        .setChunked(true)
        .putHeader("content-type", "text/event-stream")
        .putHeader("cache-control", "no-store");
  }

  private static String event(String name, OperationsApi.Answer answer) {
    return "event: %s\ndata: %s\n\n"
        .formatted(answer.status() < 400 ? name : "problem", answer.body());
  }

  private static Runnable once(Semaphore place) {
    AtomicBoolean released = new AtomicBoolean();
    return () -> {
      if (released.compareAndSet(false, true)) {
        place.release();
      }
    };
  }

  private static OperationsApi.Answer problem(int status, String title, String detail) {
    return OperationsApi.problem(status, title, detail);
  }

  private static Future<Void> answer(HttpServerResponse response, OperationsApi.Answer answer) {
    if (response.closed()) {
      return Future.succeededFuture();
    }
    return response
        .setStatusCode(answer.status())
        .putHeader(
            "content-type", answer.status() < 400 ? "application/json" : "application/problem+json")
        .putHeader("cache-control", "no-store")
        .end(answer.body());
  }

  private static String openApi() {
    try (InputStream in = OperationsHandler.class.getResourceAsStream("openapi.json")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}

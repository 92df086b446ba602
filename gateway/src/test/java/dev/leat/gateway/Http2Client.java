package dev.leat.gateway;

import static dev.leat.gateway.GatewayFixture.result;

import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;

/** Speaks HTTP/2 in plain text from the first byte on, and says no lengths. */
final class Http2Client implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = GatewayFixture.http2Client(vertx);

  record Answer(int status, MultiMap headers, String body) {}

  /** A request that nothing was sent of yet. */
  HttpClientRequest begin(HttpMethod method, int port, String path) {
    return result(client.request(method, port, "127.0.0.1", path).toCompletionStage());
  }

  Answer get(int port, String path) {
    return send(begin(HttpMethod.GET, port, path), "");
  }

  static Answer send(HttpClientRequest request, String body) {
    if (!body.isEmpty()) {
      var unused = request.write(Buffer.buffer(body));
    }
    var unusedEnd = request.end();
    return result(
        request
            .response()
            .compose(
                response ->
                    response
                        .body()
                        .map(
                            bytes ->
                                new Answer(
                                    response.statusCode(), response.headers(), bytes.toString())))
            .toCompletionStage());
  }

  @Override
  public void close() {
    result(vertx.close().toCompletionStage());
  }
}

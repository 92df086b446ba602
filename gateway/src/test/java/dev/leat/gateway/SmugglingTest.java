package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Payload;
import dev.leat.gateway.route.Route;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that two servers in a row would read as a different number of requests. */
class SmugglingTest extends GatewayFixture {
  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

  @Test
  void a_folded_line_is_part_of_the_header_before_and_no_header() throws IOException {
    leat.worker("t").on("x", Payload.class, (payload, request) -> "size " + payload.size()).start();
    listen(Route.post("/x", "t", "x"), Route.get("/smuggled", "t", "x"));

    String answers =
        raw(
            "POST /x HTTP/1.1\r\nHost: x\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                + SMUGGLED);

    assertThat(answers).startsWith("HTTP/1.1 200").contains("size 0").contains("400 Bad Request");
    assertThat(answers.split("HTTP/1.[01] ", -1)).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 6\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 6",
        "Content-Length: 6\r\nContent-Length: 0",
        "Content-Length: 6, 0",
        "Content-Length: +6",
        "Content-Length: -1",
        "Content-Length: 0x6",
        "Content-Length : 6",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked",
        "X: y\0z",
        "Host: y",
      })
  void such_a_request_is_refused_and_its_connection_ends(String headers) throws IOException {
    AtomicInteger smuggled = new AtomicInteger();
    leat.worker("t")
        .on("x", Payload.class, (payload, request) -> "x")
        .on("smuggled", Payload.class, (payload, request) -> smuggled.incrementAndGet())
        .start();
    listen(Route.post("/x", "t", "x"), Route.get("/smuggled", "t", "smuggled"));

    String answers =
        raw("POST /x HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n\r\n0\r\n\r\n" + SMUGGLED);

    assertThat(answers).startsWith("HTTP/1.1 400");
    assertThat(answers.split("HTTP/1.1 ", -1)).hasSize(2);
    assertThat(smuggled).hasValue(0);
  }
}

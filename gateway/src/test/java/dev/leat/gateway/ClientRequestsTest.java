package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.gateway.http.ClientLimits;
import dev.leat.gateway.route.Route;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What clients send, and what of it a worker gets to see. */
class ClientRequestsTest extends GatewayFixture {
  private final Http2Client client = new Http2Client();

  @BeforeEach
  void echo() {
    leat.worker("t")
        .on("headers", Message.class, (message, request) -> message.headers().asMap())
        .on("tags", Payload.class, (payload, request) -> request.queryAll("tag"))
        .start();
  }

  @AfterEach
  void closeClient() {
    client.close();
  }

  @Test
  void a_body_over_http_2_needs_no_length_to_be_of_a_type_that_is_not_taken() {
    listenHttp2(Route.post("/x", "t", "headers").accepts("application/json"));

    assertThat(http2("text/plain", "a")).isEqualTo(415);
    assertThat(http2("application/json", "{}")).isEqualTo(200);
    assertThat(http2("text/plain", "")).as("no body").isEqualTo(200);
  }

  @Test
  void a_body_over_http_2_that_does_not_come_is_408() {
    gateway.clientLimits(new ClientLimits(LONG, LONG, Duration.ofMillis(300), LONG, 8192, 200));
    listenHttp2(Route.post("/x", "t", "headers"));
    HttpClientRequest request = begin("text/plain");
    var unusedBegun = request.writeHead();

    HttpClientResponse response = result(request.response().toCompletionStage());
    assertThat(response.statusCode()).isEqualTo(408);
  }

  @Test
  void what_is_not_encoded_in_a_target_arrives_as_it_was_sent() throws IOException {
    listen(Route.get("/hello", "t", "headers"), Route.get("/stra\u00dfe/{n}", "t", "headers"));

    assertThat(raw(getting("/hello?name=J\u00fcrgen&%C3%A4=\u4eac")))
        .contains("\"http.query.name\":\"J\u00fcrgen\"")
        .contains("\"http.query.\u00e4\":\"\u4eac\"");
    assertThat(raw(getting("/stra\u00dfe/7%2F\u00fc")))
        .contains("\"http.path\":\"/stra\u00dfe/7%2F\u00fc\"")
        .contains("\"http.param.n\":\"7/\u00fc\"");
  }

  @Test
  void what_is_not_encoded_in_a_target_and_not_utf_8_is_400() throws IOException {
    listen(Route.get("/hello", "t", "headers"));

    assertThat(rawLatin(getting("/hello?name=J\u00fcrgen"))).startsWith("HTTP/1.1 400 ");
    assertThat(rawLatin(getting("/hell\u00f6"))).startsWith("HTTP/1.1 400 ");
  }

  @Test
  void all_values_of_a_query_parameter_reach_the_worker() {
    listen(Route.get("/tags", "t", "tags"), Route.get("/x", "t", "headers"));

    assertThat(get("/tags?tag=a&x=1&tag=b&tag=").body()).isEqualTo("[\"a\",\"b\",\"\"]");
    assertThat(get("/x?tag=a&tag=b").body())
        .contains("\"http.query.tag\":\"a\"", "\"http.query-2.tag\":\"b\"");
    assertThat(get("/x?" + "a=&".repeat(1_000)).body()).contains("\"http.query-1000.a\":\"\"");
    assertThat(get("/x?" + "&".repeat(2_001)).body()).contains("more than 2000 parameters");
  }

  @Test
  void lines_of_one_header_are_one_list_and_a_forged_one_hides_no_other() throws IOException {
    listen(Route.get("/x", "t", "headers").handsOn("x-forwarded-for", "cookie"));

    String lines =
        """
        GET /x HTTP/1.1
        host: a
        x-forwarded-for: 6.6.6.6
        X-Forwarded-For: 10.0.0.1
        cookie: a=1
        cookie: b=2
        connection: close

        """;
    assertThat(raw(lines.replace("\n", "\r\n")))
        .contains("\"http.header.x-forwarded-for\":\"6.6.6.6, 10.0.0.1\"")
        .contains("\"http.header.cookie\":\"a=1; b=2\"");
  }

  @Test
  void the_content_type_says_what_arrives() {
    listen(Route.post("/x", "t", "headers"));

    assertThat(typeOf("application/octet-stream")).isEqualTo("application/octet-stream");
    assertThat(typeOf("multipart/form-data; boundary=b"))
        .isEqualTo("multipart/form-data; boundary=b");
    assertThat(typeOf("text/plain; charset=iso-8859-1; x=y"))
        .isEqualTo("text/plain; charset=utf-8; x=y");
    assertThat(typeOf("text/csv;charset=\"UTF-8\"")).isEqualTo("text/csv;charset=\"UTF-8\"");
    assertThat(typeOf("application/vnd.x+json")).isEqualTo("application/vnd.x+json");
  }

  @Test
  void a_host_that_none_can_be_is_400() throws IOException {
    listen(Route.get("/x", "t", "headers"));

    for (String host : List.of("a b/c", "a/b", "a\"", "a\u00e4")) {
      assertThat(raw("GET /x HTTP/1.1\r\nhost: " + host + "\r\nconnection: close\r\n\r\n"))
          .as(host)
          .startsWith("HTTP/1.1 400 ");
    }
    for (String host : List.of("a", "", "A.example:80", "[::1]:8080", "a_b")) {
      assertThat(raw("GET /x HTTP/1.1\r\nhost: " + host + "\r\nconnection: close\r\n\r\n"))
          .as(host)
          .startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void a_client_of_http_1_0_is_told_nothing_before_its_response() throws IOException {
    listen(Route.post("/x", "t", "headers"));

    String request =
        "POST /x HTTP/1.0\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n{}";
    assertThat(raw(request)).startsWith("HTTP/1.0 200 ");
  }

  @Test
  void a_chunk_without_a_size_is_400() throws IOException {
    listen(Route.post("/x", "t", "headers"));

    try (Socket socket = connect()) {
      write(socket, "POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n");
      write(socket, "2\r\n{}\r\nzz\r\n");
      assertThat(readAll(socket)).startsWith("HTTP/1.1 400 ");
    }
  }

  private String typeOf(String contentType) {
    return json(send(
            to("/x").header("content-type", contentType).POST(BodyPublishers.ofString("{}"))))
        .get("content-type")
        .asString();
  }

  private static String getting(String target) {
    return "GET " + target + " HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
  }

  private String rawLatin(String text) throws IOException {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      return readAll(socket);
    }
  }

  private int http2(String contentType, String body) {
    return Http2Client.send(begin(contentType), body).status();
  }

  /** A request over HTTP/2 that does not say how long its body is. */
  private HttpClientRequest begin(String contentType) {
    return client
        .begin(HttpMethod.POST, gateway.port(), "/x")
        .putHeader("content-type", contentType);
  }
}

package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Payload;
import dev.leat.Reply;
import dev.leat.gateway.route.Route;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What workers of any make may answer, and what of it reaches a client. */
class WorkerRepliesTest extends GatewayFixture {
  private final Http2Client client = new Http2Client();
  private volatile Reply reply = Reply.of("ok");

  @BeforeEach
  void answerAsTold() {
    leat.worker("t").on("x", Payload.class, (payload, request) -> reply).start();
    listenHttp2(Route.get("/x", "t", "x").timeout(LONG));
  }

  @AfterEach
  void closeClient() {
    client.close();
  }

  static List<Map<String, String>> thatHttpDoesNotAllow() {
    return List.of(
        Map.of("content-type", "image/png\n"),
        Map.of("content-type", "text/plain; name=\u20ac"),
        Map.of("http.header.a\r\n evil", "1"),
        Map.of("http.header.", "1"),
        Map.of("http.header.a b", "1"),
        Map.of("http.header.:status", "200"),
        Map.of("http.header.\u00e4", "1"),
        Map.of("http.header.x", "a\r\nset-cookie: b=c"),
        Map.of("http.header.x", "a\nb"),
        Map.of("http.header.x", "a\u0000"),
        Map.of("http.header.x", "\u007f"),
        Map.of("http.header.x", "20 \u20ac"),
        Map.of("http.header.x", "1", "http.header-2.x", "a\nb"),
        Map.of("http.header.x", "y".repeat(1 << 20)),
        Map.of("status", "99"),
        Map.of("status", "600"),
        Map.of("status", "fine"));
  }

  @ParameterizedTest
  @MethodSource("thatHttpDoesNotAllow")
  void a_reply_that_http_does_not_allow_is_502(Map<String, String> headers) {
    Headers.Builder all = Headers.builder();
    headers.forEach(all::set);
    reply = new Reply(200, "ok", all.build());

    HttpResponse<String> response = get("/x");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(502);
    assertThat(json(response).get("title").asString()).isEqualTo("Undecodable reply");
    assertThat(http2().status()).isEqualTo(502);
    reply = Reply.of("next");
    assertThat(get("/x").body()).isEqualTo("next");
    assertThat(http2().body()).isEqualTo("next");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length",
        "content-length",
        "Transfer-Encoding",
        "Connection",
        "Upgrade",
        "Trailer",
        "TE",
        "Keep-Alive",
        "Proxy-Connection",
        "Content-Type"
      })
  void what_the_connection_says_a_reply_cannot(String name) throws IOException {
    String value = name.equalsIgnoreCase("content-length") ? "2" : "chunked";
    reply = new Reply(200, Payload.text("01234567"), Headers.of("http.header." + name, value));

    String answer = raw("GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\n01234567");
    assertThat(answer.toLowerCase(Locale.ROOT))
        .contains("\r\ncontent-length: 8\r\n")
        .doesNotContain("chunked")
        .containsOnlyOnce("content-length");
    assertThat(http2().body()).isEqualTo("01234567");
  }

  @Test
  void a_304_has_no_length_whatever_the_reply_says() throws IOException {
    reply = new Reply(304, "x", Headers.of("http.header.Content-Length", "8"));

    assertThat(raw("GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 304 ")
        .doesNotContainIgnoringCase("content-length");
  }

  @Test
  void a_reply_may_set_several_cookies() {
    reply =
        Reply.of("ok")
            .withHttpHeader("Set-Cookie", "a=1; Path=/")
            .withHttpHeader("Set-Cookie", "b=2")
            .withHttpHeader("set-cookie", "c=3");

    assertThat(get("/x").headers().allValues("set-cookie"))
        .containsExactly("a=1; Path=/", "b=2", "c=3");
    assertThat(http2().headers().getAll("set-cookie")).containsExactly("a=1; Path=/", "b=2", "c=3");
  }

  @Test
  void characters_of_latin_1_arrive_as_they_are() {
    reply = Reply.of("ok").withHttpHeader("x-name", "J\u00fcrgen");

    String name = get("/x").headers().firstValue("x-name").orElseThrow();
    assertThat(name.getBytes(StandardCharsets.ISO_8859_1)).hasSize(6);
    assertThat(name).isEqualTo("J\u00fcrgen");
  }

  @Test
  void text_that_is_not_utf_8_is_502() {
    byte[] latin = {'J', (byte) 0xfc, 'r'};
    reply = Reply.of(Payload.of(Encoding.TEXT, latin));

    assertThat(get("/x").statusCode()).isEqualTo(502);
  }

  @Test
  void every_response_says_when_it_was_made() {
    for (HttpResponse<String> response : List.of(get("/x"), get("/nowhere"))) {
      String date = response.headers().firstValue("date").orElseThrow();
      Instant at = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      assertThat(Duration.between(at, Instant.now())).isLessThan(LONG);
      assertThat(date)
          .matches("[A-Z][a-z]{2}, \\d{2} [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT");
    }
    reply = Reply.of("ok").withHttpHeader("date", "Tue, 03 Jun 2008 11:05:30 GMT");
    assertThat(get("/x").headers().allValues("date"))
        .containsExactly("Tue, 03 Jun 2008 11:05:30 GMT");
  }

  private Http2Client.Answer http2() {
    return client.get(gateway.port(), "/x");
  }
}

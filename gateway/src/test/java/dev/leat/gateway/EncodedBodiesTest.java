package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.gateway.route.Route;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bodies that come compressed. */
class EncodedBodiesTest extends GatewayFixture {
  @BeforeEach
  void start() {
    leat.worker("t")
        .on("x", Payload.class, (payload, request) -> payload.asText())
        .on("size", Message.class, (message, request) -> "" + message.payload().size())
        .start();
    listen(
        Route.post("/decoded", "t", "x").gzipBodies(true).bodyLimit(100_000),
        Route.post("/plain", "t", "x"),
        Route.post("/handed-on", "t", "size").handsOn("content-encoding"));
  }

  @Test
  void a_body_in_gzip_is_decoded_where_the_route_takes_that() throws IOException {
    assertThat(post("/decoded", "gzip", gzip("{\"a\":1}")).body()).isEqualTo("{\"a\":1}");
    assertThat(post("/decoded", "X-GZIP", gzip("[" + "1,".repeat(40_000) + "1]")).statusCode())
        .isEqualTo(200);
    assertThat(post("/decoded", "identity", bytes("[]")).body()).isEqualTo("[]");
  }

  @Test
  void elsewhere_it_is_415_with_what_is_taken() throws IOException {
    HttpResponse<String> plain = post("/plain", "gzip", gzip("{}"));
    assertThat(plain.statusCode()).isEqualTo(415);
    assertThat(plain.headers().firstValue("accept-encoding")).contains("identity");
    HttpResponse<String> other = post("/decoded", "br", bytes("{}"));
    assertThat(other.statusCode()).isEqualTo(415);
    assertThat(other.headers().firstValue("accept-encoding")).contains("gzip");
  }

  @Test
  void a_worker_that_is_told_of_the_encoding_gets_the_body_as_it_is() throws IOException {
    byte[] body = gzip("{}");
    HttpResponse<String> response =
        send(
            to("/handed-on")
                .header("content-encoding", "gzip")
                .header("content-type", "application/octet-stream")
                .POST(BodyPublishers.ofByteArray(body)));
    assertThat(response.body()).isEqualTo("" + body.length);
  }

  @Test
  void what_becomes_larger_than_a_body_may_be_is_413() throws IOException {
    byte[] bomb = gzip("1".repeat(50_000_000));
    assertThat(bomb.length).isLessThan(100_000);

    assertThat(post("/decoded", "gzip", bomb).statusCode()).isEqualTo(413);
    assertThat(post("/decoded", "gzip", gzip(text(100_001))).statusCode()).isEqualTo(413);
    assertThat(post("/decoded", "gzip", gzip(text(100_000))).statusCode()).isEqualTo(200);
  }

  @Test
  void what_is_not_gzip_or_ends_within_it_is_400() throws IOException {
    byte[] whole = gzip("{}");

    assertThat(post("/decoded", "gzip", bytes("{\"a\":1}")).statusCode()).isEqualTo(400);
    assertThat(post("/decoded", "gzip", Arrays.copyOf(whole, whole.length - 4)).statusCode())
        .isEqualTo(400);
    byte[] two = Arrays.copyOf(whole, 2 * whole.length);
    System.arraycopy(gzip("[1]"), 0, two, whole.length, whole.length);
    assertThat(post("/decoded", "gzip", two).statusCode()).isEqualTo(400);
    whole[whole.length - 5] ^= 1;
    assertThat(post("/decoded", "gzip", whole).statusCode()).isEqualTo(400);
  }

  private HttpResponse<String> post(String path, String encoding, byte[] body) {
    return send(
        to(path)
            .header("content-encoding", encoding)
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofByteArray(body)));
  }

  private static String text(int length) {
    return "\"" + "1".repeat(length - 2) + "\"";
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes(text));
    }
    return out.toByteArray();
  }
}

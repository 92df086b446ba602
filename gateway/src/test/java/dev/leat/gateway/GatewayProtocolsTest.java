package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.BadConfiguration;
import dev.leat.Payload;
import dev.leat.gateway.route.Route;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** HTTP/1.1 and HTTP/2, plain and over TLS. */
class GatewayProtocolsTest extends GatewayFixture {
  @TempDir private Path folder;

  @BeforeEach
  void startWorker() {
    leat.worker("t").on("x", Payload.class, (payload, request) -> payload).start();
    gateway.route(Route.post("/x", "t", "x").bodyLimit(1_000));
  }

  @Test
  void http_2_in_plain_text_is_spoken_where_that_was_asked_for_and_from_the_first_byte_on()
      throws Exception {
    listenHttp2();

    try (Http2Client client = new Http2Client()) {
      assertThat(
              Http2Client.send(client.begin(HttpMethod.POST, gateway.port(), "/x"), "hello").body())
          .isEqualTo("hello");
    }
    HttpResponse<String> older =
        http.send(post(plain()).version(Version.HTTP_1_1).build(), BodyHandlers.ofString());
    assertThat(older.body()).isEqualTo("hello");
    // A front server that hands on what asks for another protocol would no longer see what follows.
    assertThat(upgraded()).contains("no upgrade");
  }

  /** What an upgraded connection is told, if it is still there when that comes. */
  private String upgraded() throws InterruptedException {
    try (HttpClient asking = HttpClient.newHttpClient()) {
      HttpResponse<String> refused =
          asking.send(post(plain()).version(Version.HTTP_2).build(), BodyHandlers.ofString());
      assertThat(refused.statusCode()).isEqualTo(400);
      return refused.body();
    } catch (IOException ended) {
      return "no upgrade: " + ended;
    }
  }

  @Test
  void nothing_is_upgraded_where_http_2_was_not_asked_for() throws Exception {
    listen();

    HttpResponse<String> response =
        http.send(post(plain()).version(Version.HTTP_2).build(), BodyHandlers.ofString());
    assertThat(response.version()).isEqualTo(Version.HTTP_1_1);
    assertThat(response.body()).isEqualTo("hello");
    String smuggled =
        """
        POST /x HTTP/1.1
        host: a
        host: b
        connection: upgrade, http2-settings
        upgrade: h2c
        http2-settings: AAMAAABkAAQAAP__
        content-length: 0

        """;
    assertThat(raw(smuggled.replace("\n", "\r\n"))).startsWith("HTTP/1.1 400 ");
  }

  @ParameterizedTest
  @EnumSource(
      value = Version.class,
      names = {"HTTP_1_1", "HTTP_2"})
  void a_client_may_speak_either_version_over_tls(Version version) throws Exception {
    listenSecured();
    try (HttpClient secure = trusting()) {
      HttpResponse<String> response =
          secure.send(post(secured()).version(version).build(), BodyHandlers.ofString());

      assertThat(response.version()).isEqualTo(version);
      assertThat(response.body()).isEqualTo("hello");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, false",
    "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, true",
    "TLSv1.3, TLS_AES_128_GCM_SHA256, true"
  })
  void weak_cipher_suites_are_not_spoken(String protocol, String suite, boolean spoken)
      throws Exception {
    listenSecured();
    SSLParameters offered = new SSLParameters(new String[] {suite}, new String[] {protocol});
    try (HttpClient client =
        HttpClient.newBuilder()
            .sslContext(Keytool.trusting(folder))
            .sslParameters(offered)
            .build()) {
      if (spoken) {
        assertThat(client.send(post(secured()).build(), BodyHandlers.ofString()).body())
            .isEqualTo("hello");
      } else {
        assertThatThrownBy(() -> client.send(post(secured()).build(), BodyHandlers.ofString()))
            .isInstanceOf(SSLHandshakeException.class);
      }
    }
  }

  @Test
  void where_clients_are_to_prove_themselves_one_that_does_not_is_refused() throws Exception {
    Tls tls = Keytool.make(folder);
    gateway.listen(
        List.of(
            Listener.plain("127.0.0.1", 0),
            Listener.secured("127.0.0.1", 0, tls.forClientsOf(tls.certificate()))));
    try (HttpClient known = HttpClient.newBuilder().sslContext(Keytool.identified(folder)).build();
        HttpClient stranger = trusting()) {
      assertThat(known.send(post(secured()).build(), BodyHandlers.ofString()).body())
          .isEqualTo("hello");
      assertThatThrownBy(() -> stranger.send(post(secured()).build(), BodyHandlers.ofString()))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void a_certificate_that_changes_is_taken_without_a_restart() throws Exception {
    listenSecured();
    try (HttpClient before = trusting()) {
      assertThat(before.send(post(secured()).build(), BodyHandlers.ofString()).body())
          .isEqualTo("hello");
    }

    Keytool.make(folder);

    await().atMost(LONG).ignoreExceptions().until(() -> answersWithTheNew());
  }

  @Test
  void a_certificate_that_cannot_be_used_leaves_the_old_one() throws Exception {
    Tls tls = listenSecured();
    try (HttpClient secure = trusting()) {
      Files.writeString(tls.certificate(), "not a certificate");
      assertThat(secure.send(post(secured()).build(), BodyHandlers.ofString()).body())
          .isEqualTo("hello");
    }
    LeatGateway second = LeatGateway.on(leat);
    Listener unusable = Listener.secured("127.0.0.1", 0, tls);
    assertThatThrownBy(() -> second.listen(List.of(unusable)))
        .isInstanceOf(BadConfiguration.class)
        .hasMessage(
            "the certificate %s or its key %s cannot be used"
                .formatted(tls.certificate(), tls.key()));
  }

  @Test
  void a_certificate_that_is_replaced_before_its_key_is_taken_once_the_key_is_there()
      throws Exception {
    Tls tls = listenSecured();
    Path other = Files.createDirectory(folder.resolve("other"));
    Tls next = Keytool.make(other);
    SSLContext old = Keytool.trusting(folder);
    Files.copy(next.certificate(), tls.certificate(), StandardCopyOption.REPLACE_EXISTING);
    // Longer than until the files are looked at again.
    await().during(Duration.ofSeconds(3)).atMost(LONG).until(() -> answers(old));
    LeatGateway second = LeatGateway.on(leat);
    assertThatThrownBy(() -> second.listen(List.of(Listener.secured("127.0.0.1", 0, tls))))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("do not belong together");

    Files.copy(next.key(), tls.key(), StandardCopyOption.REPLACE_EXISTING);
    SSLContext renewed = Keytool.trusting(other);
    await().atMost(LONG).ignoreExceptions().until(() -> answers(renewed));
  }

  private boolean answers(SSLContext trusting) throws Exception {
    try (HttpClient client = HttpClient.newBuilder().sslContext(trusting).build()) {
      return client.send(post(secured()).build(), BodyHandlers.ofString()).body().equals("hello");
    }
  }

  @Test
  void a_body_over_the_limit_costs_one_request_and_not_the_connection_it_shares() throws Exception {
    listenSecured();
    HttpClient secure = trusting();
    List<CompletableFuture<HttpResponse<String>>> responses =
        IntStream.range(0, 40)
            .mapToObj(i -> i % 4 == 0 ? "x".repeat(100_000) : "small")
            .map(
                body -> post(secured()).version(Version.HTTP_2).POST(BodyPublishers.ofString(body)))
            .map(request -> secure.sendAsync(request.build(), BodyHandlers.ofString()))
            .toList();

    for (int i = 0; i < 40; i++) {
      assertThat(responses.get(i).join().statusCode()).isEqualTo(i % 4 == 0 ? 413 : 200);
    }
    secure.close();
  }

  @Test
  void a_client_that_gives_up_on_http_2_frees_its_pending_entry() throws Exception {
    add(Route.post("/nobody", "nobody", "x").timeout(Duration.ofMinutes(5)));
    listenSecured();
    HttpClient secure = trusting();
    CompletableFuture<HttpResponse<String>> response =
        secure.sendAsync(
            post(secured().resolve("/nobody")).version(Version.HTTP_2).build(),
            BodyHandlers.ofString());
    await().atMost(LONG).until(() -> gateway.inFlight() == 1);

    response.cancel(true);

    await().atMost(LONG).until(() -> gateway.inFlight() == 0);
    secure.close();
  }

  private boolean answersWithTheNew() throws Exception {
    try (HttpClient after = trusting()) {
      return after.send(post(secured()).build(), BodyHandlers.ofString()).body().equals("hello");
    }
  }

  private Tls listenSecured() throws Exception {
    Tls tls = Keytool.make(folder);
    gateway.listen(List.of(Listener.plain("127.0.0.1", 0), Listener.secured("127.0.0.1", 0, tls)));
    return tls;
  }

  private HttpClient trusting() throws Exception {
    return HttpClient.newBuilder().sslContext(Keytool.trusting(folder)).build();
  }

  private HttpRequest.Builder post(URI uri) {
    return HttpRequest.newBuilder(uri)
        .timeout(LONG)
        .header("content-type", "text/plain")
        .POST(BodyPublishers.ofString("hello"));
  }

  private URI plain() {
    return URI.create("http://127.0.0.1:" + gateway.port() + "/x");
  }

  private URI secured() {
    return URI.create("https://127.0.0.1:" + gateway.ports().getLast() + "/x");
  }
}

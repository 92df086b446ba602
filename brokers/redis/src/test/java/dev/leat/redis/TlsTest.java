package dev.leat.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadConfiguration;
import dev.leat.BrokerUnavailable;
import dev.leat.Leat;
import io.vertx.core.http.ClientAuth;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same over TLS. */
class TlsTest {
  private final RedisServerProcess redis = RedisServerProcess.shared(RedisServerProcess.CURRENT);
  @TempDir private Path folder;
  private TlsFront front;

  @BeforeEach
  void listen() {
    front = new TlsFront(redis.port(), folder);
  }

  @AfterEach
  void stop() {
    front.close();
  }

  @Test
  void a_server_whose_certificate_is_named_is_worked_with() {
    try (Leat leat = Leat.connect(url("127.0.0.1") + "?ca=" + front.certificate())) {
      leat.worker("tls").on("echo", String.class, (text, request) -> text).start();

      assertThat(leat.caller().call("tls", "echo", "secret", String.class, Duration.ofSeconds(20)))
          .isEqualTo("secret");
    }
  }

  @Test
  void a_server_that_nobody_vouches_for_is_refused_with_what_to_do() {
    assertThatThrownBy(() -> Leat.connect(url("127.0.0.1")))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessageContaining("no trusted TLS server answers there")
        .hasMessageContaining("?ca=FILE.pem");
  }

  @Test
  void a_certificate_for_another_host_is_refused() {
    assertThatThrownBy(() -> Leat.connect(url("localhost") + "?ca=" + front.certificate()))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessageContaining("no trusted TLS server answers there");
  }

  @Test
  void a_certificate_that_is_not_there_and_one_for_a_server_without_tls_are_one_sentence() {
    assertThatThrownBy(() -> Leat.connect(url("127.0.0.1") + "?ca=/no/such.pem"))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageEndingWith("the file '/no/such.pem' of 'ca' cannot be read");
    assertThatThrownBy(() -> Leat.connect(redis.url() + "?ca=x"))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("there is no option 'ca'");
  }

  @Test
  void a_server_that_wants_to_know_its_client_is_shown_a_certificate() {
    front.close();
    front = new TlsFront(redis.port(), folder, ClientAuth.REQUIRED);
    String trusting = "?ca=" + front.certificate();
    String shown = trusting + "&cert=" + front.certificate() + "&key=" + front.key();
    assertThatThrownBy(() -> Leat.connect(url("127.0.0.1") + trusting))
        .isInstanceOf(BrokerUnavailable.class);
    try (Leat leat = Leat.connect(url("127.0.0.1") + shown)) {
      leat.worker("mtls").on("echo", String.class, (text, request) -> text).start();

      assertThat(leat.caller().call("mtls", "echo", "secret", String.class, Duration.ofSeconds(20)))
          .isEqualTo("secret");
    }
  }

  @Test
  void a_certificate_without_its_key_is_one_sentence() {
    assertThatThrownBy(() -> Leat.connect(url("127.0.0.1") + "?cert=" + front.certificate()))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("a certificate needs its key");
  }

  private String url(String host) {
    return "rediss://" + host + ":" + front.port();
  }
}

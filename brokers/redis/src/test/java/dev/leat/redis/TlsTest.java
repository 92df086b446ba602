package dev.leat.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadConfiguration;
import dev.leat.BrokerUnavailable;
import dev.leat.Leat;
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
        .hasMessageEndingWith("the certificate file '/no/such.pem' cannot be read");
    assertThatThrownBy(() -> Leat.connect(redis.url() + "?ca=x"))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("there is no option 'ca'");
  }

  private String url(String host) {
    return "rediss://" + host + ":" + front.port();
  }
}

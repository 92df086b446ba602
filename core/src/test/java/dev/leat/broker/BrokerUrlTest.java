package dev.leat.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A broker's URL is shown in logs and errors, and what is secret in it never. */
class BrokerUrlTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://ada:s3cret@host:x",
        "redis://ada:s3cret@h st",
        "redis://ada:s3@s3cret@h st",
        "redis://ada:p?s3cret@h st",
        "redis://ada:p#s3cret@h st",
        "redis://ada:p/s3cret@h st",
        "redis://ada:s3cret\n@h st",
        "redis:ada:s3cret@h st",
        "ada:s3cret@host",
        "s3cret@host",
        "redis://h st?password=s3cret",
        "redis://h st?a=b&token=s3cret"
      })
  void no_secret_is_shown_whatever_is_wrong_with_the_rest(String url) {
    try {
      assertThat(BrokerUrl.parse(url).toString()).doesNotContain("s3");
    } catch (BadConfiguration refused) {
      assertThat(refused.getMessage()).doesNotContain("s3").contains("***");
    }
  }

  @Test
  void what_is_no_secret_is_shown() {
    assertThat(BrokerUrl.parse("redis://ada:s3cret@host:1/3?ca=file").toString())
        .isEqualTo("redis://***@host:1/3?ca=***");
    assertThat(BrokerUrl.parse("memory:").toString()).isEqualTo("memory:");
    assertThatThrownBy(() -> BrokerUrl.parse("host")).hasMessageContaining("'host' is not");
  }
}

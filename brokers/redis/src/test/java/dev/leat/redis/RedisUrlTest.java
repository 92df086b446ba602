package dev.leat.redis;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadConfiguration;
import dev.leat.BrokerUnavailable;
import dev.leat.Leat;
import dev.leat.broker.Brokers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be said of a URL before anything is connected, and when its host is looked up. */
class RedisUrlTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          redis://:21000            | redis://:21000: a host is missing, as in redis://127.0.0.1:6379
          redis://h:notaport        | redis://h:notaport: 'notaport' is no port, which is a number from 1 to 65535
          redis://u:s3cret@h:99999  | redis://***@h:99999: '99999' is no port, which is a number from 1 to 65535
          redis://h?keep=long       | redis://h?keep=***: 'keep' is how long, as in 15m or 24h, was 'long'
          redis://h?keep-bytes=-1   | redis://h?keep-bytes=***: 'keep-bytes' is a number from 0 to 1000000000000000, was '-1'
          redis://h/x               | redis://h/x: the path is the number of a database, as in /0
          redis://h?evict=allowed   | redis://h?evict=***: there is no option 'evict', known are answers, dead-letters-keep, dead-letters-keep-bytes, eviction, keep, keep-bytes
          kafka://h                 | kafka://h: no broker has the scheme 'kafka:', known are file:, memory:, poor:, redis:, rediss:
          """)
  void the_check_refuses_what_the_start_would(String url, String sentence) {
    assertThatThrownBy(() -> Brokers.check(url))
        .isInstanceOf(BadConfiguration.class)
        .hasMessage(sentence);
    assertThatThrownBy(() -> Leat.connect(url))
        .isInstanceOf(BadConfiguration.class)
        .hasMessage(sentence);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://h",
        "redis://h:6379/3",
        "redis://u:p@[::1]:6379",
        "redis://[::1]",
        "memory:"
      })
  void what_can_be_opened_is_right(String url) {
    assertThatCode(() -> Brokers.check(url)).doesNotThrowAnyException();
  }

  @Test
  void a_name_that_nobody_knows_is_told_apart_from_a_server_that_is_not_there() {
    assertThatThrownBy(() -> Leat.connect("redis://no-such-host.invalid:6379"))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessage(
            "redis://no-such-host.invalid:6379: no host of that name is known; is it spelt right?");
  }
}

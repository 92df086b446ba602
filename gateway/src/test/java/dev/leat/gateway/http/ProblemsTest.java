package dev.leat.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.BrokerUnavailable;
import dev.leat.Problem;
import org.junit.jupiter.api.Test;

/** What a client may conclude from how it is refused. */
class ProblemsTest {
  @Test
  void a_broker_that_took_nothing_is_503_and_one_that_may_have_taken_it_is_504() {
    Problem nothing = Problems.of(new BrokerUnavailable("it is not there"));
    assertThat(nothing.status()).isEqualTo(503);
    assertThat(nothing.detail()).isEqualTo("the request was not taken; try again later");
    Problem perhaps = Problems.of(BrokerUnavailable.inTheMidst("it was there", null));
    assertThat(perhaps.status()).isEqualTo(504);
    assertThat(perhaps.detail())
        .isEqualTo("the request may have been taken; ask before you repeat");
  }
}

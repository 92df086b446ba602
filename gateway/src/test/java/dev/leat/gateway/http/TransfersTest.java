package dev.leat.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransfersTest {
  private final Transfers transfers = new Transfers();
  private final List<String> givenUp = new ArrayList<>();

  private final class Named extends Transfers.Transfer {
    private final String name;

    Named(String name) {
      this.name = name;
    }

    @Override
    void giveUp() {
      givenUp.add(name);
    }
  }

  @Test
  void what_has_not_gone_on_for_as_long_is_given_up_the_oldest_first() {
    Named first = new Named("first");
    transfers.add(first, 1);
    transfers.add(new Named("second"), 2);
    transfers.add(new Named("third"), 3);
    transfers.add(first, 4);

    transfers.giveUpBefore(3);
    assertThat(givenUp).containsExactly("second");
    transfers.giveUpBefore(5);
    assertThat(givenUp).containsExactly("second", "third", "first");
  }

  @Test
  void what_moves_does_not_stand_though_it_may_take_too_long_all_the_same() {
    Named steady = new Named("steady");
    transfers.add(steady, 1);
    transfers.add(new Named("standing"), 1);
    steady.moved(9);

    transfers.giveUpStanding(5);
    assertThat(givenUp).containsExactly("standing");
    transfers.giveUpBefore(5);
    assertThat(givenUp).containsExactly("standing", "steady");
  }
}

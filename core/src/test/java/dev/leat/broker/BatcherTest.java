package dev.leat.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class BatcherTest {
  private final Queue<Runnable> loop = new ArrayDeque<>();
  private final List<List<String>> taken = new ArrayList<>();
  private final List<String> refused = new ArrayList<>();

  @Test
  void what_comes_before_the_loop_comes_round_goes_over_together_and_in_order() {
    Batcher<String> batcher = new Batcher<>(loop::add, taken::add, refused::add);

    batcher.add("a");
    batcher.addAll(List.of("b", "c"));
    assertThat(loop).as("woken once").hasSize(1);
    loop.remove().run();
    batcher.add("d");
    loop.remove().run();

    assertThat(taken).containsExactly(List.of("a", "b", "c"), List.of("d"));
    assertThat(refused).isEmpty();
  }

  @Test
  void what_is_added_while_it_is_handed_over_goes_over_the_next_time() {
    List<Batcher<String>> self = new ArrayList<>();
    Batcher<String> batcher =
        new Batcher<>(
            loop::add,
            batch -> {
              taken.add(batch);
              if (taken.size() == 1) {
                self.getFirst().add("b");
              }
            },
            refused::add);
    self.add(batcher);

    batcher.add("a");
    loop.remove().run();
    loop.remove().run();

    assertThat(taken).containsExactly(List.of("a"), List.of("b"));
  }

  @Test
  void what_comes_once_the_loop_has_ended_is_refused_each_by_itself() {
    Batcher<String> batcher =
        new Batcher<>(
            task -> {
              throw new RejectedExecutionException("ended");
            },
            taken::add,
            refused::add);

    batcher.addAll(List.of("a", "b"));
    batcher.add("c");

    assertThat(refused).containsExactly("a", "b", "c");
    assertThat(taken).isEmpty();
  }
}

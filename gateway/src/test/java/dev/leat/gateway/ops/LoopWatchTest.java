package dev.leat.gateway.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class LoopWatchTest {
  private final Queue<Runnable> tasks = new ArrayDeque<>();

  @Test
  void a_loop_that_answers_no_more_is_stuck_until_it_does() {
    LoopWatch watch = new LoopWatch(List.of(Runnable::run, tasks::add));
    turn(watch, 10);
    assertThat(watch.isStuck()).isFalse();
    turn(watch, 1);
    assertThat(watch.isStuck()).isTrue();

    assertThat(tasks).hasSize(1);
    tasks.remove().run();
    turn(watch, 1);
    assertThat(watch.isStuck()).isFalse();
  }

  @Test
  void a_loop_that_has_ended_is_not_stuck() {
    LoopWatch watch =
        new LoopWatch(
            List.of(
                task -> {
                  throw new RejectedExecutionException("ended");
                }));
    turn(watch, 100);

    assertThat(watch.isStuck()).isFalse();
  }

  private static void turn(LoopWatch watch, int times) {
    for (int i = 0; i < times; i++) {
      watch.turn();
    }
  }
}

package dev.leat.caller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.Topic;
import dev.leat.broker.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A wheel in a time of the test's own. */
class DeadlinesTest {
  private static final long BEGIN = 1_000_000;

  private final ManualLoop loop = new ManualLoop();
  private final Map<PendingCall, Long> told = new HashMap<>();
  private final Deadlines deadlines =
      new Deadlines(loop, call -> told.put(call, loop.clock().millis()));

  @Test
  void each_call_is_told_once_not_early_and_hardly_late_however_far_ahead() {
    Random random = new Random(1);
    Map<PendingCall, Long> due = new HashMap<>();
    for (int i = 0; i < 2_000; i++) {
      long at = loop.now + random.nextInt(60_000);
      PendingCall call = call();
      deadlines.add(call, at);
      due.put(call, at);
      loop.advance(random.nextInt(20));
    }
    loop.advance(61_000);

    assertThat(told).hasSize(2_000);
    assertThat(due)
        .allSatisfy(
            (call, at) ->
                assertThat(told.getOrDefault(call, 0L) - at).isBetween(0L, 3 * Deadlines.TICK));
    assertThat(loop.tasks).as("an idle wheel has no timer").isEmpty();
  }

  @Test
  void what_was_removed_is_not_told_and_costs_the_others_nothing() {
    List<PendingCall> calls = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      PendingCall call = call();
      calls.add(call);
      deadlines.add(call, BEGIN + 500 + i % 3);
    }
    for (int i = 0; i < 100; i += 2) {
      deadlines.remove(calls.get(i));
      deadlines.remove(calls.get(i));
    }
    loop.advance(1_000);

    assertThat(told).hasSize(50);
    assertThat(told).doesNotContainKey(calls.getFirst()).containsKey(calls.getLast());
  }

  @Test
  void whoever_is_told_may_remove_others_and_add_some() {
    List<PendingCall> calls = new ArrayList<>();
    List<PendingCall> heard = new ArrayList<>();
    Deadlines[] own = new Deadlines[1];
    own[0] =
        new Deadlines(
            loop,
            call -> {
              heard.add(call);
              if (heard.size() == 1) {
                calls.stream().skip(5).limit(4).forEach(own[0]::remove);
                own[0].add(call(), loop.now);
              }
            });
    for (int i = 0; i < 10; i++) {
      calls.add(call());
      own[0].add(calls.get(i), BEGIN + 100);
    }
    loop.advance(1_000);

    assertThat(heard).hasSizeBetween(7, 8).doesNotHaveDuplicates();
    assertThat(heard).containsAll(calls.subList(0, 5));
  }

  @Test
  void after_a_long_pause_all_that_was_due_is_told() {
    List<PendingCall> calls = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      calls.add(call());
      deadlines.add(calls.get(i), BEGIN + i * 977L);
    }
    loop.jump(120_000);

    assertThat(told.keySet()).containsExactlyInAnyOrderElementsOf(calls);
  }

  private PendingCall call() {
    return new PendingCall(call -> {}, "id", Target.of(Topic.of("t"), "x"), new Nobody());
  }

  private static final class Nobody implements CallListener {
    @Override
    public void onReply(Message reply) {
      throw new AssertionError("nobody replies");
    }

    @Override
    public void onFailure(LeatException failure) {
      throw new AssertionError("the wheel tells its own listener", failure);
    }
  }

  /** Runs what is due as its time is moved on. */
  private static final class ManualLoop implements EventLoop {
    private final List<Task> tasks = new ArrayList<>();
    private long now = BEGIN;

    private record Task(long at, Runnable action) {}

    void advance(long milliseconds) {
      for (long end = now + milliseconds; now < end; now++) {
        runDue();
      }
      runDue();
    }

    /** As when the machine was asleep. */
    void jump(long milliseconds) {
      now += milliseconds;
      runDue();
    }

    private void runDue() {
      for (Task task : List.copyOf(tasks)) {
        if (task.at <= now) {
          tasks.remove(task);
          task.action.run();
        }
      }
    }

    @Override
    public boolean inLoop() {
      return true;
    }

    @Override
    public void execute(Runnable task) {
      task.run();
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
      Task one = new Task(now + delay.toMillis(), task);
      tasks.add(one);
      return () -> tasks.remove(one);
    }

    @Override
    public InstantSource clock() {
      return () -> Instant.ofEpochMilli(now);
    }
  }
}

package dev.leat.gateway.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** A topic that is looked at every 100 ms. */
class TopicLoadTest {
  private static final long TIMEOUT = 2_400;

  private final TopicLoad load = new TopicLoad(0);
  private long now;

  @Test
  void where_nothing_is_known_nothing_is_expected_to_wait() {
    arrive(500);
    assertThat(load.expectedWait(TIMEOUT)).isZero();
    load.looked(now, 400);
    assertThat(load.expectedWait(TIMEOUT))
        .as("how fast they are answered is not known yet")
        .isZero();
  }

  @Test
  void what_waits_takes_its_time_at_the_rate_that_was_seen() {
    busy(20, 20);
    arrive(99);
    assertThat(load.expectedWait(TIMEOUT)).isCloseTo(500, within(1.0));
    answer(50);
    assertThat(load.expectedWait(TIMEOUT)).isCloseTo(250, within(1.0));
  }

  @Test
  void what_is_given_up_is_not_taken_for_answered() {
    busy(20, 20);
    arrive(1_000);
    for (int i = 0; i < 900; i++) {
      load.ended(false);
    }
    look(500);
    assertThat(load.expectedWait(TIMEOUT)).as("101 at 166 a second").isBetween(500.0, 700.0);
  }

  @Test
  void where_nothing_waits_in_the_stream_only_what_came_since_counts() {
    busy(20, 20);
    arrive(300);
    look(0);
    assertThat(load.expectedWait(TIMEOUT)).as("all are being worked on").isLessThan(10);
    arrive(199);
    assertThat(load.expectedWait(TIMEOUT)).as("a burst").isCloseTo(1_000, within(1.0));
  }

  @Test
  void what_came_and_was_answered_during_a_slow_look_is_not_waited_for() {
    busy(20, 20);
    arrive(20);
    look(0);
    for (int i = 0; i < 1_000; i++) {
      arrive(1);
      answer(1);
    }
    assertThat(load.expectedWait(TIMEOUT)).as("21 at 200 a second").isCloseTo(105, within(1.0));
  }

  @Test
  void more_workers_than_there_were_are_noticed() {
    busy(20, 20);
    arrive(200);
    answer(100);
    look(0);
    arrive(99);
    assertThat(load.expectedWait(TIMEOUT)).as("1,000 a second by now").isCloseTo(100, within(1.0));
  }

  @Test
  void what_workers_could_do_a_while_ago_is_forgotten() {
    busy(20, 20);
    for (int i = 0; i < 700; i++) {
      arrive(1);
      answer(1);
      look(0);
    }
    arrive(10_000);
    assertThat(load.expectedWait(TIMEOUT)).isZero();
  }

  @Test
  void a_slow_beginning_says_nothing_of_what_the_workers_can_do() {
    arrive(200);
    look(190);
    answer(3);
    look(187);
    assertThat(load.expectedWait(TIMEOUT)).isZero();
    for (int i = 0; i < 3; i++) {
      answer(3);
      look(184);
    }
    assertThat(load.expectedWait(TIMEOUT)).as("189 at 12 in 400 ms").isCloseTo(6_300, within(50.0));
  }

  @Test
  void few_answers_of_a_program_that_has_just_begun_refuse_nobody() {
    arrive(2_000);
    look(1_990);
    answer(20);
    look(1_970);
    assertThat(load.expectedWait(TIMEOUT)).isZero();
    answer(1_000);
    look(970);
    assertThat(load.expectedWait(TIMEOUT)).as("981 at 1,000 in 100 ms").isLessThan(200);
  }

  @Test
  void idle_times_say_nothing_of_what_the_workers_can_do() {
    for (int i = 0; i < 50; i++) {
      arrive(1);
      answer(1);
      look(0);
    }
    arrive(200);
    answer(20);
    look(180);
    assertThat(load.expectedWait(TIMEOUT)).as("when they came is not known").isZero();
    answer(60);
    look(120);
    answer(60);
    look(60);
    assertThat(load.expectedWait(TIMEOUT)).as("61 at 60 in 100 ms").isCloseTo(101, within(1.0));
  }

  @Test
  void the_idle_time_before_a_burst_is_not_taken_for_slowness() {
    busy(20, 100);
    look(0);
    for (int i = 0; i < 50; i++) {
      now += 100;
      assertThat(load.isToBeLookedAt(now)).isFalse();
    }
    arrive(1_000);
    answer(20);
    now += 10;
    assertThat(load.isToBeLookedAt(now)).isTrue();
    load.looked(now, 900);

    assertThat(load.expectedWait(TIMEOUT)).as("981 at 1,000 a second").isCloseTo(981, within(1.0));
  }

  @Test
  void a_topic_that_has_become_slower_is_known_to_be_in_time() {
    busy(20, 20);
    busy(20, 2);
    arrive(99);
    assertThat(load.expectedWait(TIMEOUT)).isBetween(2_000.0, 5_001.0);
  }

  @Test
  void workers_that_are_gone_are_waited_for_and_then_not_any_more() {
    busy(20, 20);
    arrive(100);
    busy(10, 0);
    assertThat(load.expectedWait(TIMEOUT)).as("gone for a second").isBetween(500.0, 2_500.0);
    busy(60, 0);
    assertThat(load.expectedWait(TIMEOUT)).isEqualTo(TopicLoad.LONG);
    for (int i = 0; i < 100; i++) {
      load.ended(false);
    }
    assertThat(load.expectedWait(TIMEOUT)).as("one may try").isZero();
  }

  @Test
  void an_idle_topic_is_left_alone_and_a_slow_broker_is_asked_less_often() {
    assertThat(load.isToBeLookedAt(0)).isFalse();
    load.appended();
    assertThat(load.isToBeLookedAt(0)).isTrue();
    assertThat(load.isToBeLookedAt(100)).as("it is being looked at").isFalse();
    load.looked(200, 5);
    assertThat(load.isToBeLookedAt(1_000)).isFalse();
    assertThat(load.isToBeLookedAt(2_200)).isTrue();
    load.lookedInVain(2_200);
    assertThat(load.isToBeLookedAt(2_300)).as("there is still something that waits").isTrue();
  }

  /** So many looks, at each of which so many had been answered and as many had come. */
  private void busy(int looks, int answers) {
    for (int i = 0; i < looks; i++) {
      arrive(answers);
      answer(answers);
      look(100);
    }
  }

  private void look(long backlog) {
    now += 100;
    if (load.isToBeLookedAt(now)) {
      load.looked(now, backlog);
    }
  }

  private void arrive(int count) {
    for (int i = 0; i < count; i++) {
      load.appended();
    }
  }

  private void answer(int count) {
    for (int i = 0; i < count; i++) {
      load.ended(true);
    }
  }
}

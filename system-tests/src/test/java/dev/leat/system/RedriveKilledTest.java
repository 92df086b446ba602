package dev.leat.system;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.Entry;
import dev.leat.cli.LeatCommand;
import dev.leat.redis.RedisServerProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code leat redrive} that is killed while it is at work, and run again. */
class RedriveKilledTest {
  private static final int LETTERS = 200;
  private static final Topic TOPIC = Topic.of("sad");

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final Leat leat = Leat.connect(redis.url());

  @AfterEach
  void stop() {
    leat.close();
    redis.close();
  }

  @Test
  void none_is_lost_and_none_is_sent_twice() {
    List<String> ids = giveUp();

    Child doomed =
        Child.start(
            LeatCommand.class, "redrive", "sad", "--rate", "100/s", "--broker", redis.url());
    until("some are sent", () -> standing(TOPIC.incoming()).size() > LETTERS + 20);
    doomed.close();
    List<String> left = standing(TOPIC.deadLetters());
    List<String> sent =
        standing(TOPIC.incoming()).subList(LETTERS, LETTERS + LETTERS - left.size());
    assertThat(left).as("it was killed half way").isNotEmpty();
    List<String> both = new ArrayList<>(sent);
    both.addAll(left);
    assertThat(both).isEqualTo(ids);

    try (Child again =
        Child.start(
            LeatCommand.class, "redrive", "sad", "--rate", "1000/s", "--broker", redis.url())) {
      assertThat(again.lineAfter("redrove ")).isEqualTo(left.size() + " dead letters of sad");
      assertThat(again.exitCode()).isZero();
    }
    assertThat(standing(TOPIC.incoming()).subList(LETTERS, 2 * LETTERS)).isEqualTo(ids);
    assertThat(standing(TOPIC.deadLetters())).isEmpty();
  }

  /** Has a worker give up all that is sent, then takes it away, so that what comes back stays. */
  private List<String> giveUp() {
    Worker worker =
        leat.worker("sad")
            .concurrency(1)
            .on(
                "sad",
                String.class,
                (text, request) -> {
                  throw new IllegalStateException("no");
                })
            .start();
    IntStream.range(0, LETTERS).forEach(i -> leat.caller().send("sad", "sad", "" + i));
    until("all are given up", () -> standing(TOPIC.deadLetters()).size() == LETTERS);
    worker.close();
    return standing(TOPIC.deadLetters());
  }

  private List<String> standing(StreamRef stream) {
    return result(leat.broker().range(stream, Position.START, 1_000)).stream()
        .map(Entry::message)
        .map(message -> message.id())
        .toList();
  }
}

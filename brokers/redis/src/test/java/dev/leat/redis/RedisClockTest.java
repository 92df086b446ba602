package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.DeadlineExceeded;
import dev.leat.Headers;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.MessageId;
import dev.leat.Payload;
import dev.leat.Telemetry;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.caller.CallListener;
import dev.leat.caller.PendingCalls;
import dev.leat.caller.Target;
import dev.leat.worker.SentParts;
import dev.leat.worker.StreamWorker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Callers, workers and a server whose clocks differ by more than anybody waits. */
class RedisClockTest {
  private static final SentParts NO_PARTS =
      new SentParts(
          topic -> CompletableFuture.completedStage(""),
          one -> CompletableFuture.completedStage(""));

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final RedisServerProcess redis = RedisServerProcess.shared(RedisServerProcess.CURRENT);
  private final Topic topic = Topic.of("clock-" + UUID.randomUUID());
  private Machine calling = new Machine(Duration.ZERO);
  private Machine working = calling;

  /** One with a clock of its own. */
  private final class Machine implements AutoCloseable {
    final ShiftedLoop loop;
    final Broker broker;

    Machine(Duration ahead) {
      loop = new ShiftedLoop(ahead);
      broker = Brokers.open(redis.url(), loop);
    }

    @Override
    public void close() {
      broker.close();
      loop.close();
    }
  }

  @AfterEach
  void stop() {
    calling.close();
    working.close();
  }

  @ParameterizedTest
  @CsvSource({"-30,0", "30,0", "0,-30", "0,30", "-30,30"})
  void a_request_is_answered_whatever_the_clocks_say(int callersAhead, int workersAhead) {
    machines(callersAhead, workersAhead);
    try (Worker worker = worker()) {
      worker.on("t", String.class, (text, request) -> "" + request.timeLeft().orElseThrow());
      worker.start();

      Duration left = Duration.parse(text(result(call(TIMEOUT))));

      // As far as clocks can be compared over a network.
      assertThat(left).isPositive().isLessThan(TIMEOUT.plusMillis(150));
      assertThat(left).isGreaterThan(TIMEOUT.minusSeconds(2));
    }
    assertThat(calling.broker.clockAhead())
        .isBetween(
            Duration.ofSeconds(-callersAhead).minusMillis(150),
            Duration.ofSeconds(-callersAhead).plusMillis(150));
  }

  @ParameterizedTest
  @CsvSource({"-30,0", "0,-30"})
  void what_nobody_waits_for_any_more_is_not_begun(int callersAhead, int workersAhead) {
    machines(callersAhead, workersAhead);
    CompletableFuture<Message> late = call(Duration.ofMillis(300));
    until("nobody waits", late::isDone);
    assertThat(late).isCompletedExceptionally();
    try (Worker worker = worker()) {
      worker.on("t", String.class, (text, request) -> text).start();
      until("it was looked at", () -> worker.counts().expired() == 1);
      assertThat(worker.counts().replied()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"-30,0", "0,-30", "0,30"})
  void a_handler_is_stopped_when_nobody_waits_any_more(int callersAhead, int workersAhead) {
    machines(callersAhead, workersAhead);
    CountDownLatch stopped = new CountDownLatch(1);
    try (Worker worker = worker()) {
      worker.on("t", String.class, (text, request) -> sleepUntil(stopped)).start();
      CompletableFuture<Message> late = call(Duration.ofMillis(500));

      assertThat(late)
          .failsWithin(Duration.ofSeconds(10))
          .withThrowableThat()
          .withCauseInstanceOf(DeadlineExceeded.class);
      until("it was interrupted", () -> stopped.getCount() == 0);
    }
  }

  private static String sleepUntil(CountDownLatch stopped) throws InterruptedException {
    try {
      new CountDownLatch(1).await();
      return "";
    } catch (InterruptedException expected) {
      stopped.countDown();
      throw expected;
    }
  }

  private void machines(int callersAhead, int workersAhead) {
    calling.close();
    calling = new Machine(Duration.ofSeconds(callersAhead));
    working = new Machine(Duration.ofSeconds(workersAhead));
  }

  private Worker worker() {
    return new StreamWorker(working.broker, working.loop, topic, "w", Telemetry.NONE, NO_PARTS);
  }

  private CompletableFuture<Message> call(Duration timeout) {
    CompletableFuture<Message> answer = new CompletableFuture<>();
    calling.loop.execute(
        () -> {
          PendingCalls calls =
              new PendingCalls(
                  calling.broker,
                  calling.loop,
                  MessageId.secure(calling.loop.clock()),
                  UUID.randomUUID().toString(),
                  "test",
                  Telemetry.NONE);
          calls.call(
              calls.nextId(),
              Target.of(topic, "t"),
              Headers.NONE,
              Payload.text("please"),
              calling.loop.clock().instant().plus(timeout),
              new Completing(answer));
        });
    return answer;
  }

  private static String text(Message message) {
    return new String(message.payload().bytes(), StandardCharsets.UTF_8);
  }

  private record Completing(CompletableFuture<Message> answer) implements CallListener {
    @Override
    public void onReply(Message reply) {
      answer.complete(reply);
    }

    @Override
    public void onFailure(LeatException failure) {
      answer.completeExceptionally(failure);
    }
  }
}

package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.Append;
import dev.leat.broker.Delivery;
import dev.leat.broker.Membership;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server whose clock is set while messages are at work. */
class RedisClockJumpsTest {
  private static final Topic TOPIC = Topic.of("jumps");
  private static final Duration LEASE = Duration.ofMillis(600);
  private static final Duration LONG = Duration.ofMinutes(2);

  private final List<Leat> opened = new CopyOnWriteArrayList<>();
  private final RedisServerProcess redis = RedisServerProcess.startWithClock();

  @AfterEach
  void stop() {
    opened.forEach(Leat::close);
    redis.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {3_600, -3_600})
  void what_is_at_work_is_handled_once_and_answered(int seconds) {
    AtomicInteger handled = new AtomicInteger();
    CountDownLatch begun = new CountDownLatch(5);
    CountDownLatch goOn = new CountDownLatch(1);
    for (int i = 0; i < 3; i++) {
      worker(open())
          .on(
              "t",
              String.class,
              (text, request) -> {
                handled.incrementAndGet();
                begun.countDown();
                goOn.await();
                return text;
              })
          .start();
    }
    Leat calling = open();
    List<CompletableFuture<String>> calls = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 5; i++) {
      calls.add(
          calling
              .caller()
              .callAsync(TOPIC.toString(), "t", "x" + i, String.class, LONG)
              .toCompletableFuture());
    }
    until("all are at work", () -> begun.getCount() == 0);

    redis.setClock(Duration.ofSeconds(seconds));
    // Each member looks for what has lapsed several times in a lease.
    Delivery witness = comesAgainOnceItsLeaseIsOver();
    goOn.countDown();

    assertThat(calls).allSatisfy(call -> assertThat(result(call)).startsWith("x"));
    assertThat(handled).hasValue(5);
    assertThat(result(witness.complete(List.of()))).isTrue();
  }

  /** What nobody extends is handed to another member all the same: so long do we wait. */
  private Delivery comesAgainOnceItsLeaseIsOver() {
    Topic other = Topic.of("witness");
    Leat leat = open();
    result(leat.broker().health(other.incoming()));
    List<Delivery> taken = new CopyOnWriteArrayList<>();
    leat.broker().subscribe(membership(other, "dead"), taken::addAll).request(1);
    send(leat, other);
    until("somebody has it", () -> taken.size() == 1);
    List<Delivery> again = new CopyOnWriteArrayList<>();
    leat.broker().subscribe(membership(other, "alive"), again::addAll).request(1);
    until("another has it", () -> again.size() == 1);
    return again.getFirst();
  }

  @ParameterizedTest
  @ValueSource(ints = {3_600, -3_600})
  void what_a_dead_member_has_goes_to_another_soon(int seconds) {

    Leat leat = open();
    List<Delivery> lost = new CopyOnWriteArrayList<>();
    List<Delivery> taken = new CopyOnWriteArrayList<>();
    leat.broker().subscribe(membership(TOPIC, "dead"), lost::addAll).request(1);
    send(leat, TOPIC);
    until("the first has it", () -> lost.size() == 1);
    leat.broker().subscribe(membership(TOPIC, "alive"), taken::addAll).request(10);

    redis.setClock(Duration.ofSeconds(seconds));

    until("the other has it", () -> taken.size() == 1);
    assertThat(taken.getFirst().attempt()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {3_600, -3_600})
  void what_waits_for_its_next_attempt_does_not_wait_for_an_hour(int seconds) {

    Leat leat = open();
    List<Delivery> taken = new CopyOnWriteArrayList<>();
    leat.broker().subscribe(membership(TOPIC, "one"), taken::addAll).request(10);
    send(leat, TOPIC);
    until("it is at work", () -> taken.size() == 1);
    assertThat(result(taken.getFirst().release(Duration.ofMillis(1_500)))).isTrue();

    redis.setClock(Duration.ofSeconds(seconds));

    until("it comes again", () -> taken.size() == 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {3_600, -3_600})
  void what_waits_while_the_clock_is_set_is_handled_and_can_be_cancelled(int seconds) {
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    List<String> begun = new CopyOnWriteArrayList<>();
    worker(open())
        .concurrency(1)
        .on(
            "t",
            String.class,
            (text, request) -> {
              begun.add(text);
              try {
                goOn.await();
                return text;
              } catch (InterruptedException cancelled) {
                interrupted.countDown();
                throw cancelled;
              }
            })
        .start();
    Leat calling = open();
    CompletableFuture<String> first = call(calling, "1");
    until("it is at work", () -> begun.size() == 1);
    CompletableFuture<String> second = call(calling, "2");
    until(
        "it waits",
        () -> result(calling.broker().health(TOPIC.incoming())).length().orElseThrow() == 2);

    redis.setClock(Duration.ofSeconds(seconds));
    until("that is seen", () -> Math.abs(calling.broker().clockAhead().toSeconds()) > 3_000);
    first.cancel(true);
    until("the first is interrupted", () -> interrupted.getCount() == 0);
    goOn.countDown();

    assertThat(result(second)).isEqualTo("2");
  }

  private static CompletableFuture<String> call(Leat leat, String text) {
    return leat.caller()
        .callAsync(TOPIC.toString(), "t", text, String.class, LONG)
        .toCompletableFuture();
  }

  private Leat open() {
    Leat leat = Leat.connect(redis.url());
    opened.add(leat);
    return leat;
  }

  private static Worker worker(Leat leat) {
    return leat.worker(TOPIC.toString()).lease(LEASE);
  }

  private static Membership membership(Topic topic, String member) {
    return Membership.of(topic, "workers", member).withLease(LEASE);
  }

  private static void send(Leat leat, Topic topic) {
    result(
        leat.broker()
            .openLane(leat.loop(), leat.nextLane(), replies -> {})
            .append(
                List.of(
                    new Append(
                        topic.incoming(),
                        new Message(
                            leat.ids().next(), "t", "", Headers.NONE, "", Payload.text("x"))))));
  }
}

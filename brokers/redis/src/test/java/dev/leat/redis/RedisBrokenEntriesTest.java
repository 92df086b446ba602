package dev.leat.redis;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Handling;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Entries that break the protocol take nobody's place, however they come. */
class RedisBrokenEntriesTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final String STREAM = StreamKeys.of(Topic.of("mixed").incoming());

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final RedisClient client = new RedisClient(redis.port());
  private final Leat leat = Leat.connect(redis.url());

  @AfterEach
  void stop() {
    leat.close();
    client.close();
    redis.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_worker_with_one_place_goes_on_behind_them(boolean ordered) {
    Worker worker = worker(ordered);
    for (int i = 0; i < 5; i++) {
      client.append(STREAM, "broken", "entry");
      assertThat(leat.caller().call("mixed", "t", "a", String.class, LONG)).isEqualTo("ok");
    }
    assertThat(client.entries(StreamKeys.of(Topic.of("mixed").deadLetters()))).hasSize(5);
    worker.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void so_does_one_that_claims_them_of_a_member_that_died(boolean ordered) {
    Worker before = worker(ordered);
    assertThat(leat.caller().call("mixed", "t", "a", String.class, LONG)).isEqualTo("ok");
    before.close();
    for (int i = 0; i < 5; i++) {
      client.append(STREAM, "broken", "entry");
      client.takeOne(STREAM, Worker.DEFAULT_GROUP, "dead");
    }
    Worker worker = worker(ordered);

    until(
        "all are given up",
        () -> client.entries(StreamKeys.of(Topic.of("mixed").deadLetters())).size() == 5);
    assertThat(leat.caller().call("mixed", "t", "a", String.class, LONG)).isEqualTo("ok");
    worker.close();
  }

  @Test
  void whoever_reads_along_one_by_one_does_not_stop_at_them() {
    List<String> read = new CopyOnWriteArrayList<>();
    leat.stream("mixed", Position.START)
        .subscribe(
            new Flow.Subscriber<>() {
              private Flow.Subscription subscription = new Nothing();

              @Override
              public void onSubscribe(Flow.Subscription begun) {
                subscription = begun;
                begun.request(1);
              }

              @Override
              public void onNext(Message message) {
                read.add(message.payload().asText());
                subscription.request(1);
              }

              @Override
              public void onError(Throwable failure) {
                read.add(failure.toString());
              }

              @Override
              public void onComplete() {}
            });
    for (int i = 0; i < 3; i++) {
      client.append(STREAM, "broken", "entry");
      client.append(STREAM, "broken", "entry");
      leat.caller().send("mixed", "t", "text " + i);
    }

    until("all that can be read is", () -> read.size() == 3);
    assertThat(read).containsExactly("text 0", "text 1", "text 2");
  }

  private Worker worker(boolean ordered) {
    Worker worker = leat.worker("mixed").concurrency(1).lease(Duration.ofSeconds(1));
    if (ordered) {
      worker.ordered();
    }
    return worker.on("t", Payload.class, (payload, request) -> "ok", Handling.DEFAULT).start();
  }

  private static final class Nothing implements Flow.Subscription {
    @Override
    public void request(long more) {}

    @Override
    public void cancel() {}
  }
}

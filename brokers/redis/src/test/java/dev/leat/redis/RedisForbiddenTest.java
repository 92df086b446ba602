package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BrokerUnavailable;
import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.Append;
import dev.leat.broker.Lane;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A user who may not write everywhere: what is refused to one costs the others nothing. */
class RedisForbiddenTest {
  private static final String FORBIDDEN = "other::DEFAULT::PRODUCER_OUTGOING";

  private static final Duration LONG = Duration.ofSeconds(30);

  private final RedisServerProcess redis = RedisServerProcess.shared(RedisServerProcess.CURRENT);
  private final RedisClient client = new RedisClient(redis.port());
  private final Leat leat = asSome();

  private Leat asSome() {
    client.send("ACL", "SETUSER", "some", "on", ">s3cret", "~some::*", "~leat::*", "+@all");
    return Leat.connect(redis.url().replace("//", "//some:s3cret@"));
  }

  @AfterEach
  void stop() {
    leat.close();
    client.send("ACL", "DELUSER", "some");
    client.send(
        "DEL",
        StreamKeys.of(Topic.of("some").incoming()),
        StreamKeys.of(Topic.of("some").sharedReplies()));
    client.close();
  }

  @Test
  void what_is_sent_in_the_turn_of_one_that_may_not_be_sent_arrives() {
    List<String> topics = List.of("some", "other", "some");
    List<CompletableFuture<List<String>>> sent =
        result(
            CompletableFuture.supplyAsync(
                () -> {
                  Lane lane = leat.broker().openLane(leat.loop(), leat.nextLane(), r -> {});
                  return IntStream.range(0, 3)
                      .mapToObj(i -> lane.append(List.of(append(i, topics.get(i)))))
                      .map(appending -> appending.toCompletableFuture())
                      .toList();
                },
                leat.loop()));

    assertThat(result(sent.getFirst())).hasSize(1);
    assertThat(result(sent.getLast())).hasSize(1);
    assertThatThrownBy(() -> result(sent.get(1)))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessageContaining("NOPERM")
        .hasMessageContaining(StreamKeys.of(Topic.of("other").incoming()))
        .hasMessageContaining("Least rights")
        .hasMessageNotContaining("s3cret");
    assertThat(client.entries(StreamKeys.of(Topic.of("some").incoming())))
        .extracting(List::getFirst)
        .containsExactlyInAnyOrder("0", "2");
  }

  @Test
  void a_sender_who_wants_his_reply_where_none_may_be_written_takes_nobody_elses() {
    AtomicInteger handled = new AtomicInteger();
    CountDownLatch all = new CountDownLatch(12);
    leat.worker("some")
        .on(
            "echo",
            String.class,
            (text, request) -> {
              handled.incrementAndGet();
              all.countDown();
              all.await();
              return text;
            })
        .start();
    ask("17", FORBIDDEN);
    ask("18", StreamKeys.of(Topic.of("some").sharedReplies()));
    List<CompletableFuture<String>> answers =
        IntStream.range(0, 10)
            .mapToObj(i -> leat.caller().callAsync("some", "echo", "" + i, String.class, LONG))
            .map(answer -> answer.toCompletableFuture())
            .toList();

    for (int i = 0; i < 10; i++) {
      assertThat(result(answers.get(i))).isEqualTo("" + i);
    }
    until("nothing is pending", () -> pending() == 0);
    assertThat(client.entries(StreamKeys.of(Topic.of("some").sharedReplies())).getFirst())
        .contains("18");
    assertThat(handled).hasValue(12);
    assertThat(client.send("EXISTS", FORBIDDEN).number()).isZero();
  }

  private void ask(String id, String destination) {
    client.append(
        StreamKeys.of(Topic.of("some").incoming()),
        id,
        "echo",
        destination,
        "",
        "text",
        "",
        "UnoccupiedField",
        "");
  }

  private long pending() {
    Resp all =
        client.send("XPENDING", StreamKeys.of(Topic.of("some").incoming()), Worker.DEFAULT_GROUP);
    return all.items().getFirst().number();
  }

  private static Append append(int id, String topic) {
    return new Append(
        Topic.of(topic).incoming(),
        new Message("" + id, "echo", "", Headers.NONE, "", Payload.text("x")));
  }
}

package dev.leat.caller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Cancelled;
import dev.leat.Dialect;
import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Telemetry;
import dev.leat.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which replies a call takes, and how it ends without one. */
class PendingCallsTest {
  private static final Topic TOPIC = Topic.of("t");

  private final Leat leat = Leat.connect("memory:");
  private final PendingCalls calls =
      onLoop(
          loop ->
              new PendingCalls(
                  leat.broker(), leat.loop(), leat.ids(), leat.nextLane(), "test", Telemetry.NONE));

  private final List<Object> heard = new ArrayList<>();

  @AfterEach
  void close() {
    leat.close();
  }

  @Test
  void a_reply_is_taken_from_the_stream_that_it_was_asked_for_on_and_no_other() {
    Target own = Target.of(TOPIC, "x");
    Target shared = new Target(TOPIC, "x", true, Dialect.PACKED);
    String first = call(own);
    String second = call(shared);

    hand(Topic.of("t2"), second);
    hand(TOPIC, first);
    assertThat(heard).isEmpty();
    assertThat(calls.size()).isEqualTo(2);
    hand(TOPIC, second);
    hand(TOPIC, second);
    assertThat(heard).containsExactly(second);
    assertThat(calls.size()).isEqualTo(1);
  }

  @Test
  void calls_that_wait_when_they_are_closed_are_cancelled() {
    call(Target.of(TOPIC, "x"));
    onLoop(
        loop -> {
          calls.close();
          return true;
        });

    assertThat(heard).hasSize(1).first().isInstanceOf(Cancelled.class);
    assertThat(calls.size()).isZero();
  }

  @Test
  void a_listener_that_throws_costs_no_other_call_its_reply() {
    Target shared = new Target(TOPIC, "x", true, Dialect.PACKED);
    String broken =
        call(
            shared,
            new CallListener() {
              @Override
              public void onReply(Message reply) {
                throw new StackOverflowError("a listener's own");
              }

              @Override
              public void onFailure(LeatException failure) {}
            });
    String other = call(shared);
    hand(TOPIC, broken, other);
    assertThat(heard).containsExactly(other);
  }

  private String call(Target target) {
    return call(
        target,
        new CallListener() {
          @Override
          public void onReply(Message reply) {
            heard.add(reply.id());
          }

          @Override
          public void onFailure(LeatException failure) {
            heard.add(failure);
          }
        });
  }

  private String call(Target target, CallListener listener) {
    String id = calls.nextId();
    onLoop(
        loop ->
            calls.call(
                id,
                target,
                Headers.NONE,
                Payload.EMPTY,
                leat.loop().clock().instant().plus(Duration.ofMinutes(1)),
                listener));
    return id;
  }

  private void hand(Topic topic, String... ids) {
    List<Message> replies =
        Stream.of(ids)
            .map(id -> new Message(id, "resp", "", Headers.NONE, "", Payload.EMPTY))
            .toList();
    onLoop(
        loop -> {
          calls.onSharedReplies(topic, replies);
          return true;
        });
  }

  private <T> T onLoop(Function<Leat, T> action) {
    return CompletableFuture.supplyAsync(() -> action.apply(leat), leat.loop()).join();
  }
}

package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.stays;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.DeadlineExceeded;
import dev.leat.HandlerFailed;
import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Reply;
import dev.leat.broker.Cancellation;
import dev.leat.broker.Capability;
import dev.leat.trail.DeadLetters;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The part of the delivery contract that is about effects that happen once. */
abstract class IdempotencyContract extends DeadlineContract {
  // Effects once

  @Test
  void a_request_that_is_repeated_is_answered_from_what_is_kept_and_not_handled_again() {
    if (!offers(
        Capability.NOTES, () -> working(Handling.DEFAULT.idempotent(), (text, request) -> text))) {
      return;
    }
    AtomicInteger effects = new AtomicInteger();
    working(
        Handling.DEFAULT.idempotent(),
        (text, request) -> Reply.created("/x/1", text + effects.incrementAndGet()));

    Message first = ask("k1", "x");
    Message again = ask("k1", "x");
    assertThat(first.payload().asText()).isEqualTo("x1");
    assertThat(again.payload()).isEqualTo(first.payload());
    assertThat(again.headers().get(Headers.STATUS)).contains("201");
    assertThat(again.headers().get("http.header.location")).contains("/x/1");
    assertThat(again.headers().get("http.header.idempotent-replayed")).contains("true");
    assertThat(ask("k2", "x").payload().asText()).isEqualTo("x2");
    assertThat(effects).hasValue(2);
  }

  @Test
  void an_idempotency_key_of_another_request_is_refused() {
    if (!offers(
        Capability.NOTES, () -> working(Handling.DEFAULT.idempotent(), (text, request) -> text))) {
      return;
    }
    working(Handling.DEFAULT.idempotent(), (text, request) -> text);
    ask("k", "x");

    assertThatThrownBy(() -> ask("k", "y"))
        .isInstanceOfSatisfying(
            HandlerFailed.class, failed -> assertThat(failed.problem().status()).isEqualTo(422));
    assertThat(ask("k", "x").payload().asText()).isEqualTo("x");
  }

  @Test
  void a_request_whose_twin_is_at_work_is_refused_as_a_conflict_and_then_answered()
      throws InterruptedException {
    if (!offers(
        Capability.NOTES, () -> working(Handling.DEFAULT.idempotent(), (text, request) -> text))) {
      return;
    }
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    working(
        Handling.DEFAULT.idempotent(),
        (text, request) -> {
          begun.countDown();
          go.await();
          return text;
        });
    Thread twin = Thread.startVirtualThread(() -> ask("k", "x"));
    begun.await();

    assertThatThrownBy(() -> ask("k", "x"))
        .isInstanceOfSatisfying(
            HandlerFailed.class, failed -> assertThat(failed.problem().status()).isEqualTo(409));
    go.countDown();
    twin.join();
    assertThat(ask("k", "x").payload().asText()).isEqualTo("x");
  }

  @Test
  void a_request_that_failed_may_be_tried_again_under_its_key() {
    if (!offers(
        Capability.NOTES, () -> working(Handling.DEFAULT.idempotent(), (text, request) -> text))) {
      return;
    }
    AtomicInteger calls = new AtomicInteger();
    working(
        Handling.DEFAULT.idempotent(),
        (text, request) -> {
          if (calls.incrementAndGet() == 1) {
            throw new IllegalStateException("no");
          }
          return text;
        });

    assertThatThrownBy(() -> ask("k", "x")).isInstanceOf(HandlerFailed.class);
    assertThat(ask("k", "x").payload().asText()).isEqualTo("x");
    assertThat(calls).hasValue(2);
  }

  @Test
  void the_key_of_a_request_that_expired_at_work_is_free_again() {
    if (!offers(
        Capability.NOTES, () -> working(Handling.DEFAULT.idempotent(), (text, request) -> text))) {
      return;
    }
    AtomicBoolean hang = new AtomicBoolean(true);
    working(
        Handling.DEFAULT.idempotent(),
        (text, request) -> {
          if (hang.get()) {
            new CountDownLatch(1).await();
          }
          return text;
        });
    assertThatThrownBy(() -> ask("k", "x", Duration.ofMillis(200)))
        .isInstanceOf(DeadlineExceeded.class);
    until("it is ended", this::isIdle);
    hang.set(false);

    assertThat(ask("k", "x").payload().asText()).isEqualTo("x");
  }

  @Test
  void the_key_of_a_request_that_was_cancelled_at_work_is_free_again() {
    if (!offers(
        Capability.NOTES, () -> working(Handling.DEFAULT.idempotent(), (text, request) -> text))) {
      return;
    }
    AtomicBoolean hang = new AtomicBoolean(true);
    CountDownLatch begun = new CountDownLatch(1);
    working(
        Handling.DEFAULT.idempotent(),
        (text, request) -> {
          if (hang.get()) {
            begun.countDown();
            new CountDownLatch(1).await();
          }
          return text;
        });
    var call =
        leat.caller()
            .with(Headers.of(Headers.IDEMPOTENCY_KEY, "k"))
            .callAsync(topic.toString(), "work", "x", String.class, LONG)
            .toCompletableFuture();
    until("it is at work", () -> begun.getCount() == 0);
    call.cancel(true);
    until("it is ended", this::isIdle);
    hang.set(false);

    assertThat(ask("k", "x").payload().asText()).isEqualTo("x");
  }

  @Test
  void requests_that_differ_in_method_path_or_query_are_not_the_same() {
    if (!offers(
        Capability.NOTES, () -> working(Handling.DEFAULT.idempotent(), (text, request) -> text))) {
      return;
    }
    AtomicInteger effects = new AtomicInteger();
    working(Handling.DEFAULT.idempotent(), (text, request) -> text + effects.incrementAndGet());
    Headers first =
        Headers.of(
            Headers.IDEMPOTENCY_KEY,
            "k",
            Headers.HTTP_METHOD,
            "POST",
            Headers.HTTP_PATH,
            "/a",
            Headers.HTTP_QUERY + "q",
            "1");

    assertThat(askWith(first)).isEqualTo("x1");
    assertThat(askWith(first.with(Headers.TRACEPARENT, "00-1-2-01"))).isEqualTo("x1");
    for (Headers other :
        List.of(
            first.with(Headers.HTTP_METHOD, "PUT"),
            first.with(Headers.HTTP_PATH, "/b"),
            first.with(Headers.HTTP_QUERY + "q", "2"),
            first.with(Headers.HTTP_QUERY + "r", "1"),
            first.adding(Headers.HTTP_QUERY + "q", "2"),
            first.with(Headers.HTTP_QUERY + "q", "1, http.query.r=1"))) {
      assertThatThrownBy(() -> askWith(other))
          .isInstanceOf(HandlerFailed.class)
          .hasMessageContaining("422");
    }
  }

  private String askWith(Headers headers) {
    return leat.caller()
        .with(headers)
        .call(topic.toString(), "work", Payload.text("x"), String.class, LONG);
  }

  @Test
  void what_is_kept_is_forgotten_in_time() {
    if (!offers(
        Capability.NOTES, () -> working(Handling.DEFAULT.idempotent(), (text, request) -> text))) {
      return;
    }
    AtomicInteger effects = new AtomicInteger();
    working(
        Handling.DEFAULT.idempotent(Duration.ofMillis(100)),
        (text, request) -> text + effects.incrementAndGet());
    ask("k", "x");

    until("it is handled anew", () -> ask("k", "x").payload().asText().equals("x2"));
  }

  @Test
  void what_is_sent_with_a_reply_is_sent_once_however_often_the_handler_runs() {
    List<Message> sent = new CopyOnWriteArrayList<>();
    worker()
        .on(
            "work",
            String.class,
            (text, request) -> {
              Reply reply =
                  Reply.of(text)
                      .andSend(topic.toString(), "entry", "debit " + text)
                      .andSend(topic.toString(), "entry", "credit " + text);
              if (request.attempt() == 1) {
                throw new IllegalStateException("after the reply was made");
              }
              return reply;
            },
            Handling.retrying(QUICK))
        .onOneWay("entry", Message.class, (message, request) -> sent.add(message))
        .start();

    String id = ask("", "7").id();
    until("both have come", () -> sent.size() == 2);
    until("nothing is pending", this::isIdle);
    assertThat(sent).extracting(Message::id).containsExactlyInAnyOrder(id + ".0", id + ".1");
    assertThat(sent).allMatch(m -> m.headers().get(Headers.CAUSE).orElse("").equals(id));
  }

  @Test
  void the_keys_of_two_subjects_are_two_whatever_characters_are_in_them() {
    if (!offers(
        Capability.NOTES, () -> working(Handling.DEFAULT.idempotent(), (text, request) -> text))) {
      return;
    }
    AtomicInteger effects = new AtomicInteger();
    working(Handling.DEFAULT.idempotent(), (text, request) -> text + effects.incrementAndGet());

    assertThat(askAs("a", "b/c")).isEqualTo("x1");
    assertThat(askAs("a/b", "c")).isEqualTo("x2");
    assertThat(askAs("a%2Fb", "c")).isEqualTo("x3");
    assertThat(askAs("a/b", "c")).isEqualTo("x2");
  }

  private String askAs(String subject, String key) {
    return leat.caller()
        .with(Headers.of(Headers.AUTH_SUBJECT, subject, Headers.IDEMPOTENCY_KEY, key))
        .call(topic.toString(), "work", "x", String.class, LONG);
  }

  @Test
  void a_message_that_stands_twice_in_its_stream_is_at_work_once() {
    if (!offers(
        Capability.NOTES, () -> working(Handling.DEFAULT.idempotent(), (text, request) -> text))) {
      return;
    }
    AtomicInteger effects = new AtomicInteger();
    CountDownLatch go = new CountDownLatch(1);
    String id = leat.ids().next();
    Message twice = new Message(id, "work", "", Headers.NONE, "", Payload.text("x"));
    append(topic.incoming(), twice);
    append(topic.incoming(), twice);
    working(
        Handling.DEFAULT.idempotent(),
        (text, request) -> {
          effects.incrementAndGet();
          go.await();
          return text;
        });

    until(
        "one is at work, the other needs not be",
        () -> effects.get() > 0 && group().unfinished().orElseThrow() == 1);
    go.countDown();
    until("nothing is pending", this::isIdle);
    append(topic.incoming(), twice);
    until("nothing is pending again", this::isIdle);
    assertThat(effects).hasValue(1);
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void what_is_at_work_for_longer_than_answers_are_kept_is_known_as_long() {
    if (!offers(
        Capability.NOTES, () -> working(Handling.DEFAULT.idempotent(), (text, request) -> text))) {
      return;
    }
    AtomicInteger effects = new AtomicInteger();
    CountDownLatch go = new CountDownLatch(1);
    worker()
        .lease(Duration.ofMillis(200))
        .on(
            "work",
            String.class,
            (text, request) -> {
              effects.incrementAndGet();
              go.await();
              return text;
            },
            Handling.DEFAULT.idempotent(Duration.ofMillis(50)))
        .start();
    var first =
        leat.caller()
            .with(Headers.of(Headers.IDEMPOTENCY_KEY, "k"))
            .callAsync(topic.toString(), "work", "x", String.class, LONG)
            .toCompletableFuture();
    until("it is at work", () -> effects.get() == 1);
    stays(
        "others are refused, for longer than a dead worker's note is kept",
        Duration.ofSeconds(2),
        () -> isConflict() && effects.get() == 1);
    go.countDown();
    assertThat(first.join()).isEqualTo("x");
  }

  private boolean isConflict() {
    try {
      ask("k", "x");
      return false;
    } catch (HandlerFailed refused) {
      return refused.problem().status() == 409;
    }
  }

  @Test
  void a_message_that_is_sent_again_under_an_id_that_was_cancelled_is_handled() {
    if (!offers(Capability.CANCELLATION, () -> leat.broker().cancellations(topic, batch -> {}))
        || !offers(Capability.MOVE, () -> redriveAnything())) {
      return;
    }
    List<String> handled = new CopyOnWriteArrayList<>();
    List<String> heard = new CopyOnWriteArrayList<>();
    working(
        Handling.DEFAULT,
        (text, request) -> {
          handled.add(text);
          if (handled.size() == 1) {
            throw new IllegalStateException("the first time");
          }
          return text;
        });
    String id = send("x");
    until("it is a dead letter", () -> deadLetters().size() == 1);
    hearCancellations(heard);
    cancel(Cancellation.of(id, ""));
    until("it is heard", () -> heard.contains(id));
    DeadLetters letters = new DeadLetters(leat.broker(), topic);
    result(letters.redrive(result(letters.range(Position.START, 1)).getFirst()));

    until("it is handled", () -> handled.size() == 2);
    until("nothing is pending", this::isIdle);
  }
}

package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.MessageId;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Reply;
import dev.leat.broker.Append;
import dev.leat.broker.Capability;
import dev.leat.broker.Entry;
import dev.leat.broker.OpenMessage;
import dev.leat.trail.PastCensus;
import dev.leat.trail.Trail;
import dev.leat.trail.TrailReader;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is remembered of a request, on every broker whose streams can be looked at by time. */
abstract class TrailContract extends ReplayContract {
  @Test
  void a_trail_has_the_request_its_attempt_its_reply_and_the_calls_it_made_as_a_tree() {
    if (!offersTrails()) {
      return;
    }
    leat.worker(topic + "-users")
        .named("user-worker")
        .on("user.get", String.class, (id, request) -> "user " + id)
        .start();
    worker()
        .named("post-worker")
        .on(
            "work",
            String.class,
            (id, request) ->
                "post of "
                    + leat.caller()
                        .call(topic + "-users", "user.get", Payload.text("7"), String.class, LONG))
        .start();
    assertThat(call("asked")).isEqualTo("post of user 7");

    Trail trail = last(1, TrailReader.Choice.ALL).getFirst();
    assertThat(trail.request().payload().asText()).isEqualTo("asked");
    assertThat(trail.ending()).isInstanceOf(Trail.Ending.Replied.class);
    assertThat(reply(trail)).isEqualTo("post of user 7");
    assertThat(trail.attempts()).hasSize(1);
    assertThat(trail.attempts().getFirst().number()).isEqualTo(1);
    assertThat(trail.attempts().getFirst().member()).isEqualTo("post-worker-1");
    assertThat(trail.attempts().getFirst().took()).isPresent();
    assertThat(trail.isFailed()).isFalse();
    assertThat(trail.unknown()).isEmpty();
    assertThat(trail.children()).hasSize(1);
    Trail child = trail.children().getFirst();
    assertThat(child.topic()).hasToString(topic + "-users");
    assertThat(reply(child)).isEqualTo("user 7");
    assertThat(child.attempts().getFirst().member()).isEqualTo("user-worker-1");
    assertThat(child.request().headers().get(Headers.CAUSE)).contains(trail.request().id());
    assertThat(reader().of(trail.request().id())).contains(trail);
    assertThat(reader().of(child.request().id())).contains(child);
  }

  @Test
  void a_trail_has_each_attempt_that_failed_and_why() {
    if (!offersTrails()) {
      return;
    }
    AtomicInteger attempts = new AtomicInteger();
    working(
        Handling.retrying(QUICK),
        (text, request) -> {
          if (attempts.incrementAndGet() < 3) {
            throw new IllegalStateException("not yet " + attempts);
          }
          return text;
        });
    assertThat(call("x")).isEqualTo("x");

    Trail trail = last(1, TrailReader.Choice.FAILED).getFirst();
    assertThat(trail.attempts()).extracting(Trail.Attempt::number).containsExactly(1, 2, 3);
    assertThat(trail.attempts())
        .extracting(attempt -> attempt.failure().map(Trail.Attempt.Failure::detail).orElse(""))
        .containsExactly(
            "java.lang.IllegalStateException: not yet 1",
            "java.lang.IllegalStateException: not yet 2",
            "");
    assertThat(trail.attempts()).noneMatch(attempt -> attempt.member().isEmpty());
    assertThat(reply(trail)).isEqualTo("x");
    assertThat(trail.isFailed()).isTrue();
    assertThat(trail.unknown()).isEmpty();
  }

  @Test
  void what_a_group_that_listens_fails_at_is_no_attempt_at_the_request() {
    if (!offersTrails()) {
      return;
    }
    AtomicInteger heard = new AtomicInteger();
    worker()
        .group("audit")
        .listening()
        .onOneWay(
            "work",
            String.class,
            (text, request) -> {
              heard.incrementAndGet();
              throw new IllegalStateException("not heard");
            },
            Handling.retrying(QUICK))
        .start();
    worker().named("answerer").on("work", String.class, (text, request) -> text).start();
    assertThat(call("x")).isEqualTo("x");
    until("it is given up by those who listen", () -> deadLetters().size() == 1);

    Trail trail = last(1, TrailReader.Choice.ALL).getFirst();
    assertThat(heard).hasValue(3);
    assertThat(reply(trail)).isEqualTo("x");
    assertThat(trail.attempts()).hasSize(1);
    assertThat(trail.attempts().getFirst().number()).isEqualTo(1);
    assertThat(trail.attempts().getFirst().member()).isEqualTo("answerer-1");
    assertThat(trail.isFailed()).isFalse();
    assertThat(trail.unknown())
        .containsExactly("what other groups did with it, and what they sent because of it later");
  }

  @Test
  void what_others_wrote_into_a_reply_is_not_believed_beyond_reason() {
    if (!offersTrails()) {
      return;
    }
    Message asked =
        new Message(
            leat.ids().next(),
            "work",
            leat.broker().addressOf(topic.sharedReplies()),
            Headers.NONE,
            "x",
            Payload.text("x"));
    append(topic.incoming(), asked);
    append(
        topic.sharedReplies(),
        asked.reply(
            Headers.NONE.with(Headers.ATTEMPT, "2000000000").with(Headers.TOOK, "-7"),
            topic.toString(),
            Payload.text("y")));

    Trail trail = reader().of(asked.id()).orElseThrow();
    assertThat(trail.attempts()).hasSize(1);
    assertThat(trail.attempts().getFirst())
        .extracting(Trail.Attempt::number, Trail.Attempt::member, Trail.Attempt::took)
        .containsExactly(0, "", Optional.empty());
    assertThat(trail.unknown()).isEmpty();
  }

  @Test
  void a_reply_outlives_whoever_asked_for_it() {
    if (!offersTrails()) {
      return;
    }
    working(Handling.DEFAULT, (text, request) -> "answered " + text);
    String id = leat.ids().next();
    CompletableFuture<List<Message>> replied = new CompletableFuture<>();
    onLane(
        replied::complete,
        lane ->
            lane.append(
                    List.of(
                        new Append(
                            topic.incoming(),
                            new Message(
                                id,
                                "work",
                                lane.replyAddress(topic),
                                Headers.NONE,
                                "x",
                                Payload.text("x")))))
                .thenCompose(appended -> replied));

    Trail trail = reader().of(id).orElseThrow();
    assertThat(reply(trail)).isEqualTo("answered x");
    assertThat(trail.unknown()).isEmpty();
  }

  @Test
  void an_answer_that_was_given_before_is_no_attempt() {
    if (!offersTrails() || !offers(Capability.NOTES)) {
      return;
    }
    working(Handling.DEFAULT.idempotent(), (text, request) -> text);
    String key = "key-" + leat.ids().next();
    ask(key, "x");
    ask(key, "x");

    List<Trail> trails = last(2, TrailReader.Choice.ALL);
    assertThat(trails.getFirst().attempts()).hasSize(1);
    assertThat(trails.getLast().attempts()).isEmpty();
    assertThat(((Trail.Ending.Replied) trails.getLast().ending()).isReplayed()).isTrue();
    assertThat(reply(trails.getLast())).isEqualTo("x");
  }

  @Test
  void a_trail_says_what_was_given_up_why_and_what_its_sender_was_told() {
    if (!offersTrails()) {
      return;
    }
    working(
        Handling.retrying(QUICK),
        (text, request) -> {
          throw new IllegalStateException("never");
        });
    assertThatThrownBy(() -> call("x")).isInstanceOf(LeatException.class);
    until("it is given up", () -> deadLetters().size() == 1);

    Trail trail = last(5, TrailReader.Choice.FAILED).getFirst();
    assertThat(trail.ending()).isInstanceOf(Trail.Ending.GivenUp.class);
    Trail.Ending.GivenUp ending = (Trail.Ending.GivenUp) trail.ending();
    assertThat(ending.letter().group()).isEqualTo("workers");
    assertThat(ending.told().map(told -> told.headers().has(Headers.ERROR))).contains(true);
    assertThat(trail.attempts()).hasSize(3);
    Optional<Trail.Attempt.Failure> failure = trail.attempts().getLast().failure();
    assertThat(failure.map(Trail.Attempt.Failure::stack).orElse("")).contains("never");
    assertThat(last(5, TrailReader.Choice.ALL)).isEqualTo(List.of(trail));
  }

  @Test
  void a_trail_says_how_what_is_open_stands_and_what_it_does_not_know() {
    if (!offersTrails()) {
      return;
    }
    String unread = send("x");
    Trail waiting = reader().of(unread).orElseThrow();
    if (!offers(Capability.CENSUS)) {
      assertThat(waiting.unknown()).isNotEmpty();
      return;
    }
    assertThat(waiting.ending()).isInstanceOf(Trail.Ending.Open.class);
    assertThat(((Trail.Ending.Open) waiting.ending()).group()).isEmpty();
    assertThat(waiting.attempts()).isEmpty();

    CountDownLatch goOn = new CountDownLatch(1);
    worker()
        .named("slow")
        .on(
            "work",
            String.class,
            (text, request) -> {
              goOn.await();
              return text;
            })
        .start();
    until("it is at work", () -> running() == 1);
    Trail running = reader().of(unread).orElseThrow();
    Trail.Ending.Open open = (Trail.Ending.Open) running.ending();
    assertThat(open.group()).isEqualTo("workers");
    assertThat(open.message().state()).isEqualTo(OpenMessage.State.RUNNING);
    assertThat(running.attempts().getFirst().member()).isEqualTo("slow-1");
    assertThat(running.attempts().getFirst().ended()).isEmpty();

    goOn.countDown();
    until("it is completed", this::isIdle);
    Trail done = reader().of(unread).orElseThrow();
    assertThat(done.ending()).isInstanceOf(Trail.Ending.Completed.class);
    assertThat(done.unknown())
        .containsExactly("when it was completed, and by whom: nobody asked for a reply");
  }

  @Test
  void what_is_sent_with_a_reply_is_in_the_trail_and_found_by_its_own_id() {
    if (!offersTrails()) {
      return;
    }
    worker()
        .on(
            "work",
            String.class,
            (text, request) -> Reply.of(text).andSend(topic + "-audit", "seen", Payload.text("a")))
        .start();
    assertThat(call("x")).isEqualTo("x");

    Trail trail = last(1, TrailReader.Choice.ALL).getFirst();
    assertThat(trail.children()).hasSize(1);
    Trail sent = trail.children().getFirst();
    assertThat(sent.topic()).hasToString(topic + "-audit");
    assertThat(reader().of(sent.request().id())).contains(sent);
  }

  @Test
  void requests_are_found_by_idempotency_key_and_by_trace() {
    if (!offersTrails()) {
      return;
    }
    working(Handling.DEFAULT, (text, request) -> text);
    String key = "key-" + leat.ids().next();
    String trace = leat.ids().next().replace("-", "");
    assertThat(ask(key, "x").payload().asText()).isEqualTo("x");
    leat.caller()
        .with(Headers.of(Headers.TRACEPARENT, "00-" + trace + "-00f067aa0ba902b7-01"))
        .call(topic.toString(), "work", Payload.text("traced"), String.class, LONG);

    assertThat(reader().withHeader(Headers.IDEMPOTENCY_KEY, key, 10))
        .extracting(TrailContract::reply)
        .containsExactly("x");
    assertThat(reader().ofTrace(trace, 10))
        .extracting(TrailContract::reply)
        .containsExactly("traced");
    assertThat(reader().ofTrace("0".repeat(32), 10)).isEmpty();
  }

  @Test
  void the_last_the_failed_and_the_slow_are_told_apart() {
    if (!offersTrails()) {
      return;
    }
    working(
        Handling.DEFAULT,
        (text, request) -> {
          if (text.equals("slow")) {
            new CountDownLatch(1).await(300, TimeUnit.MILLISECONDS);
          }
          if (text.equals("fails")) {
            throw new IllegalStateException("no");
          }
          return text;
        });
    IntStream.range(0, 20).forEach(i -> call("a" + i));
    assertThatThrownBy(() -> call("fails")).isInstanceOf(LeatException.class);
    call("slow");
    IntStream.range(0, 5).forEach(i -> call("b" + i));

    assertThat(last(3, TrailReader.Choice.ALL))
        .extracting(TrailContract::asked)
        .containsExactly("b2", "b3", "b4");
    assertThat(last(3, TrailReader.Choice.FAILED))
        .extracting(TrailContract::asked)
        .containsExactly("fails");
    assertThat(last(1, TrailReader.Choice.SLOW))
        .extracting(TrailContract::asked)
        .containsExactly("slow");
    assertThat(last(100, TrailReader.Choice.ALL)).hasSize(27);
  }

  @Test
  void a_message_is_found_whose_maker_has_another_clock_or_makes_other_ids() {
    if (!offersTrails()) {
      return;
    }
    InstantSource now = InstantSource.system();
    for (Duration apart :
        List.of(Duration.ofMillis(-1_000), Duration.ofMillis(990), Duration.ZERO)) {
      MessageId ids = MessageId.secure(() -> now.instant().plus(apart));
      String id = ids.next();
      append(topic.incoming(), new Message(id, "work", "", Headers.NONE, "x", Payload.text("x")));
      assertThat(reader().of(id).map(trail -> trail.request().id())).contains(id);
    }
    append(
        topic.incoming(), new Message("order.8", "work", "", Headers.NONE, "x", Payload.text("x")));
    assertThat(reader().of("order.8")).isPresent();
    append(
        topic.incoming(), new Message("order-7", "work", "", Headers.NONE, "x", Payload.text("x")));
    assertThat(reader().of("order-7")).isPresent();
    assertThat(reader().of(leat.ids().next())).isEmpty();
    assertThat(reader().of("nothing")).isEmpty();
  }

  @Test
  void what_was_in_flight_at_a_moment_is_told_after_it() {
    if (!offersTrails() || !offers(Capability.CENSUS)) {
      return;
    }
    CountDownLatch goOn = new CountDownLatch(1);
    working(
        Handling.DEFAULT,
        (text, request) -> {
          goOn.await();
          return text;
        });
    List<Thread> callers =
        IntStream.range(0, 5)
            .mapToObj(i -> Thread.startVirtualThread(() -> call("a" + i)))
            .toList();
    until("they are at work", () -> running() == 5);
    send("one way");
    until("that too", () -> running() == 6);
    List<Entry> taken = result(leat.broker().range(topic.incoming(), Position.START, 10));
    Instant then = Instant.ofEpochMilli(taken.getLast().at());
    assertThat(PastCensus.of(leat.broker(), topic, then).inFlight()).hasSize(6);

    until(
        "time has passed",
        () -> result(leat.broker().census(topic)).at().isAfter(then.plusMillis(5)));
    goOn.countDown();
    callers.forEach(TrailContract::join);
    until("all are completed", this::isIdle);
    PastCensus past = PastCensus.of(leat.broker(), topic, then);
    assertThat(past.inFlight()).hasSize(5);
    assertThat(past.inFlight()).allMatch(one -> one.ended().orElseThrow().isAfter(then));
    assertThat(past.unknown()).isEqualTo(1);
    assertThat(PastCensus.of(leat.broker(), topic, then.plusSeconds(60)).inFlight()).isEmpty();
    assertThat(PastCensus.of(leat.broker(), topic, then.minusSeconds(60)).inFlight()).isEmpty();
  }

  private long running() {
    return result(leat.broker().census(topic)).groups().stream()
        .mapToLong(group -> group.running().orElse(0))
        .sum();
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  private boolean offersTrails() {
    return offers(Capability.RANGE)
        && offers(Capability.TIME_POSITION, () -> new TrailReader(leat.broker()));
  }

  private boolean offers(Capability capability) {
    return Refusals.offers(leat.broker(), capability);
  }

  private TrailReader reader() {
    return new TrailReader(leat.broker());
  }

  private List<Trail> last(int number, TrailReader.Choice choice) {
    return reader().last(topic, number, choice).toList();
  }

  private static String asked(Trail trail) {
    return trail.request().payload().asText();
  }

  private static String reply(Trail trail) {
    return ((Trail.Ending.Replied) trail.ending()).reply().payload().asText();
  }
}

package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadConfiguration;
import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Reply;
import dev.leat.Request;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.Capability;
import dev.leat.trail.Census;
import dev.leat.trail.Replay;
import dev.leat.trail.ReplayListener;
import dev.leat.trail.ReplayPlan;
import dev.leat.trail.Replays;
import dev.leat.wire.Redaction;
import dev.leat.wire.ReplyComparison;
import dev.leat.wire.ReplyComparison.Difference;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What is sent again, on every broker whose streams can be looked at by time. */
abstract class ReplayContract extends PartsContract {
  /** What a service answers now; another version answers something else. */
  private final List<Request> seen = new CopyOnWriteArrayList<>();

  @Test
  void what_is_recorded_is_sent_again_once_and_whoever_asked_hears_nothing_of_it() {
    if (!offersReplays()) {
      return;
    }
    serve(text -> "{\"text\":\"" + text + "\"}");
    Message first = ask("key-a", "a", Duration.ofSeconds(5));
    ask("", "b", Duration.ofSeconds(5));
    send("c");
    until("all were handled", () -> seen.size() == 3);

    Replay replay = replays().prepare(plan(), "ada");
    assertThat(replay.selection()).isEqualTo(new Replays.Selection(3, 3, 0, 0, 0, 0, 0));
    Instant begin = InstantSource.system().instant();
    Replay.Result result = run(replay);

    assertThat(result).isEqualTo(new Replay.Result(3, 0, 0, 0, 0, false));
    until("all were handled again", () -> seen.size() == 6);
    List<Request> again = seen.subList(3, 6);
    assertThat(again)
        .extracting(one -> one.message().payload().asText())
        .containsExactly("a", "b", "c");
    assertThat(again).extracting(one -> one.header(Headers.REPLAY)).containsOnly(id(replay));
    assertThat(again.getFirst().header(Headers.REPLAY_OF)).contains(first.id());
    assertThat(again.getFirst().header(Headers.IDEMPOTENCY_KEY)).contains(replay.id() + ":key-a");
    assertThat(again.getFirst().id()).isNotEqualTo(first.id());
    assertThat(again.getFirst().deadline().orElseThrow())
        .isBetween(begin.plusSeconds(3), begin.plusSeconds(9));
    assertThat(again.get(2).deadline()).isEmpty();
    until("nothing is left", this::isIdle);

    assertThat(replays().look(plan())).isEqualTo(new Replays.Selection(3, 3, 3, 0, 0, 0, 0));
    Replays.State state = state(replay);
    assertThat(state.phase()).isEqualTo("ended");
    assertThat(state.by()).isEqualTo("ada");
    assertThat(state.requests()).isEqualTo(3);
    assertThat(state.plan().topic()).isEqualTo(topic);
    assertThat(result(Census.of(leat.broker())).topics())
        .noneMatch(one -> one.topic().namespace().equals("leat"));
  }

  @Test
  void new_replies_are_compared_with_the_recorded_and_exactly_what_differs_is_told() {
    if (!offersReplays()) {
      return;
    }
    AtomicInteger version = new AtomicInteger(1);
    serve(
        text ->
            text.equals("b")
                ? "{\"name\":\"b\",\"version\":%d,\"at\":%d}"
                    .formatted(version.get(), System.nanoTime())
                : "{\"name\":\"" + text + "\"}");
    List.of("a", "b", "c").forEach(this::call);
    version.set(2);

    Changes changes = new Changes();
    Replay replay = replays().prepare(comparing(plan()), "ada");
    Replay.Result result =
        replay.run(ReplyComparison.ignoring("/at"), Redaction.NONE, changes, () -> false);

    assertThat(result).isEqualTo(new Replay.Result(3, 0, 2, 1, 0, false));
    assertThat(changes.told)
        .containsExactly(new Difference("/version", Optional.of("1"), Optional.of("2")));
    assertThat(state(replay).counts())
        .containsEntry("same", 2L)
        .containsEntry("different", 1L)
        .containsEntry("unanswered", 0L);
  }

  @Test
  void what_is_not_answered_any_more_is_told() {
    if (!offersReplays()) {
      return;
    }
    serve(text -> "{}");
    call("a");
    send("nobody waits for this");
    until("both were handled", () -> seen.size() == 2);
    String other = topic + "-other";
    leat.worker(other).group("listens").on("elsewhere", String.class, (x, r) -> x).start();
    ReplayPlan plan = into(comparing(plan()), Topic.of(other), Duration.ofMillis(500));

    Changes changes = new Changes();
    Replay replay = replays().prepare(plan, "ada");
    assertThat(replay.selection()).isEqualTo(new Replays.Selection(1, 1, 0, 0, 1, 0, 0));
    Replay.Result result = replay.run(ReplyComparison.OF_ALL, Redaction.NONE, changes, () -> false);

    assertThat(result.sent()).isEqualTo(1);
    assertThat(result.same()).isZero();
    assertThat(result.different() + result.unanswered()).isEqualTo(1);
  }

  @Test
  void one_that_was_stopped_or_died_goes_on_and_each_request_is_sent_once() {
    if (!offersReplays()) {
      return;
    }
    Worker worker = serve(text -> text);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      texts.add("text " + i);
      call(texts.get(i));
    }
    seen.clear();

    AtomicLong sentYet = new AtomicLong();
    Replay replay = replays().prepare(comparing(plan()), "ada");
    ReplayListener watches =
        new ReplayListener() {
          @Override
          public void onProgress(long sent, long requests, long compared) {
            sentYet.set(sent);
          }
        };
    Replay.Result stopped =
        replay.run(ReplyComparison.OF_ALL, Redaction.NONE, watches, () -> sentYet.get() >= 5);
    assertThat(stopped.isStopped()).isTrue();
    assertThat(stopped.left()).isPositive();
    assertThat(state(replay).phase()).isEqualTo("stopped");
    assertThat(state(replay).left()).isEqualTo(stopped.left());

    assertThatThrownBy(() -> replays().find(replay.id(), "bob"))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("ada is at work on replay " + replay.id());
    replay.close();
    Replay second = replays().find(replay.id(), "bob");
    ReplayListener dies =
        new ReplayListener() {
          @Override
          public void onProgress(long sent, long requests, long compared) {
            if (sent >= 20) {
              throw new IllegalStateException("died");
            }
          }
        };
    assertThatThrownBy(() -> second.run(ReplyComparison.OF_ALL, Redaction.NONE, dies, () -> false))
        .hasMessage("died");
    second.close();

    Replay third = replays().find(replay.id(), "bob");
    Replay.Result ended = run(third);
    third.close();
    assertThat(ended).isEqualTo(new Replay.Result(40, 0, 40, 0, 0, false));
    assertThat(seen)
        .extracting(one -> one.message().payload().asText())
        .containsExactlyInAnyOrderElementsOf(texts);
    assertThatThrownBy(() -> replays().find(replay.id(), "bob"))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("has ended already");
    worker.close();
  }

  @Test
  void it_is_undone_as_far_as_nothing_was_begun() {
    if (!offersReplays()) {
      return;
    }
    Worker worker = serve(text -> text);
    for (int i = 0; i < 30; i++) {
      call("text " + i);
    }
    worker.close();
    seen.clear();

    AtomicInteger looked = new AtomicInteger();
    Replay replay = replays().prepare(with(plan(), 1_000, 10), "ada");
    Replay.Result result =
        replay.run(
            ReplyComparison.OF_ALL,
            Redaction.NONE,
            new ReplayListener() {},
            () -> looked.incrementAndGet() > 60);
    // Where it is not known exactly what waits, more is taken to, and nothing is taken back.
    boolean isExact = Refusals.offers(leat.broker(), Capability.EXACT_BACKLOG);
    long sent = result.sent();
    assertThat(sent).isBetween(isExact ? 10L : 1L, 10L);
    until("they wait", () -> group().unfinished().orElseThrow() >= sent);

    assertThatThrownBy(() -> replays().undo(replay.id(), "bob"))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("ada is at work on replay");
    replay.close();
    Replays.Undone undone = replays().undo(replay.id(), "bob");
    assertThatThrownBy(() -> replays().undo(replay.id(), "bob"))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("has been undone already");
    long back = isExact ? sent : 0;
    assertThat(undone).isEqualTo(new Replays.Undone(30 - sent, back, sent - back));
    assertThat(state(replay).phase()).isEqualTo("undone");
    assertThat(state(replay).counts()).containsEntry("takenBack", back);
    assertThat(group().unfinished().orElseThrow()).isGreaterThanOrEqualTo(sent - back);
    serve(text -> text);
    assertThat(call("new")).isEqualTo("new");
    until("what was not taken back was handled", () -> seen.size() == sent + 1 - back);
    assertThat(result(leat.broker().range(topic.incoming(), Position.START, 100)))
        .hasSize((int) (31 + sent - back));
  }

  @Test
  void it_never_outruns_those_who_do_it() {
    if (!offersReplays()) {
      return;
    }
    CountDownLatch goOn = new CountDownLatch(1);
    Worker worker = serve(text -> text);
    for (int i = 0; i < 30; i++) {
      call("text " + i);
    }
    worker.close();
    working(
        Handling.DEFAULT,
        (text, request) -> {
          goOn.await();
          seen.add(request);
          return text;
        });
    seen.clear();
    List<Long> most = new CopyOnWriteArrayList<>();
    Replay replay = replays().prepare(with(plan(), 5_000, 4), "ada");
    ReplayListener watching =
        new ReplayListener() {
          @Override
          public void onProgress(long sent, long requests, long compared) {
            most.add(sent - seen.size());
            if (most.size() > 50) {
              goOn.countDown();
            }
          }
        };
    replay.run(ReplyComparison.OF_ALL, Redaction.NONE, watching, () -> false);
    until("all were done", () -> seen.size() == 30);
    assertThat(most).allMatch(waiting -> waiting <= 4);
  }

  @Test
  void only_what_is_asked_for_is_sent_and_to_the_group_that_is_asked_for() {
    if (!offersReplays()) {
      return;
    }
    CountDownLatch goOn = new CountDownLatch(1);
    serve(text -> "ok");
    List<String> others = new CopyOnWriteArrayList<>();
    worker()
        .group("second")
        .on("work", String.class, (text, request) -> others.add(text))
        .on("other", String.class, (text, request) -> others.add(text))
        .start();
    String seven = "{\"user\":{\"id\":7}}";
    call(seven);
    Message eight = ask("", "{\"user\":{\"id\":8}}");
    until("the others have it", () -> others.size() == 2);
    others.clear();
    seen.clear();

    ReplayPlan plan = plan();
    until("it is known that they were done", this::isIdle);
    assertThat(replays().look(where(plan, List.of(), List.of("/user/id=7"))).requests())
        .isEqualTo(1);
    assertThat(replays().look(where(plan, List.of(eight.id()), List.of())).requests()).isEqualTo(1);
    assertThat(
            replays()
                .look(where(plan, List.of(eight.id(), "no such"), List.of("/user/id=7")))
                .requests())
        .isZero();
    ReplayPlan one = where(plan, List.of(), List.of("/user/id=7"));
    ReplayPlan toGroup =
        new ReplayPlan(
            one.topic(),
            one.from(),
            one.to(),
            List.of("work"),
            one.ids(),
            one.where(),
            one.into(),
            "second",
            one.rate(),
            one.backlog(),
            false,
            ReplayPlan.Keys.KEEP,
            ReplayPlan.Deadlines.NONE,
            one.patience());
    run(replays().prepare(toGroup, "ada"));
    until("the other group has it", () -> others.size() == 1);
    until("nothing is left", this::isIdle);
    assertThat(others).containsExactly(seven);
    assertThat(seen).isEmpty();
    goOn.countDown();
  }

  @Test
  void what_is_at_work_is_not_sent_again() throws InterruptedException {
    if (!offersReplays()) {
      return;
    }
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    working(
        Handling.DEFAULT,
        (text, request) -> {
          if (text.equals("slow")) {
            begun.countDown();
            goOn.await();
          }
          return text;
        });
    call("done");
    send("slow");
    begun.await();
    // Another's clock is known to within a round trip: what came just now may be after its "now".
    until(
        "it is seen to be at work",
        () -> replays().look(plan()).equals(new Replays.Selection(1, 4, 0, 1, 0, 0, 0)));
    goOn.countDown();
  }

  @Test
  void each_is_sent_once_though_it_is_named_twice_and_what_is_not_there_is_told() {
    if (!offersReplays()) {
      return;
    }
    serve(text -> text);
    String id = ask("", "a").id();
    assertThat(replays().look(where(plan(), List.of(id, id, "no such"), List.of())))
        .isEqualTo(new Replays.Selection(1, 1, 0, 0, 0, 1, 0));
  }

  @Test
  void what_cannot_be_sent_with_two_more_headers_is_left_out_and_told() {
    if (!offersReplays()) {
      return;
    }
    serve(text -> text);
    call("few");
    Headers.Builder many = Headers.builder();
    for (int i = 0; i < Headers.MOST; i++) {
      many.set("h" + i, "");
    }
    append(
        topic.incoming(),
        new Message(leat.ids().next(), "work", "", many.build(), "s", Payload.text("many")));
    until("both were handled", () -> seen.size() == 2);
    until("nothing is left", this::isIdle);
    assertThat(replays().look(plan())).isEqualTo(new Replays.Selection(1, 3, 0, 0, 0, 0, 1));
  }

  @Test
  void the_reply_to_one_that_waited_longer_than_those_after_it_is_found() {
    if (!offersReplays()) {
      return;
    }
    CountDownLatch isAtWork = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    working(
        Handling.DEFAULT,
        (text, request) -> {
          if (text.equals("slow") && request.header(Headers.REPLAY).isEmpty()) {
            isAtWork.countDown();
            goOn.await();
          }
          return text;
        });
    var slow =
        leat.caller().callAsync(topic.toString(), "work", Payload.text("slow"), String.class, LONG);
    until("it is at work", () -> isAtWork.getCount() == 0);
    call("quick");
    goOn.countDown();
    result(slow);
    until("nothing is left", this::isIdle);
    assertThat(replays().look(comparing(plan())).requests()).isEqualTo(2);
  }

  @Test
  void what_strangers_write_beside_it_stops_no_replay() {
    if (!offersReplays()) {
      return;
    }
    serve(text -> text);
    call("a");
    append(
        Topic.of("leat::audit").incoming(),
        new Message("evil", "replay.begun", "", Headers.NONE, "me", Payload.text("garbage")));
    append(
        Topic.of("leat::audit").incoming(),
        new Message("evil", "replay.prepared", "", Headers.NONE, "me", Payload.EMPTY));
    try (Replay replay = replays().prepare(plan(), "ada")) {
      assertThat(run(replay).sent()).isEqualTo(1);
      assertThat(state(replay).phase()).isEqualTo("ended");
    }
  }

  @Test
  void what_was_held_back_is_not_made_up_for_faster_than_was_asked_for() {
    if (!offersReplays()) {
      return;
    }
    AtomicInteger gone = new AtomicInteger();
    Worker worker = serve(text -> text);
    for (int i = 0; i < 30; i++) {
      call("text " + i);
    }
    worker.close();
    List<Long> sent = new ArrayList<>();
    long[] held = {0};
    ReplayListener watching =
        new ReplayListener() {
          @Override
          public void onProgress(long many, long requests, long compared) {
            if (many > 0 && held[0] == 0) {
              held[0] = System.nanoTime();
            }
            boolean isLong =
                held[0] > 0 && System.nanoTime() - held[0] > Duration.ofSeconds(1).toNanos();
            if (isLong && gone.getAndIncrement() == 0) {
              serve(text -> text);
            }
            sent.add(many);
          }
        };
    long begin = System.nanoTime();
    try (Replay replay = replays().prepare(with(plan(), 20, 2), "ada")) {
      replay.run(ReplyComparison.OF_ALL, Redaction.NONE, watching, () -> false);
    }
    // After a second in which nothing was sent the other 28 take no less than they should.
    long took = System.nanoTime() - begin;
    assertThat(Duration.ofNanos(took)).isGreaterThan(Duration.ofMillis(1_000 + 26 * 50));
    assertThat(sent.getLast()).isEqualTo(30);
  }

  @Test
  void where_nobody_would_do_it_nothing_is_begun() {
    if (!offersReplays()) {
      return;
    }
    Worker worker = serve(text -> text);
    call("a");
    assertThatThrownBy(
            () ->
                replays()
                    .prepare(into(plan(), Topic.of(topic + "-none"), Duration.ofSeconds(1)), "ada"))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("nobody reads topic " + topic + "-none");
    assertThatThrownBy(() -> replays().undo("no such replay", "ada"))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("there is no replay 'no such replay'");
    assertThat(replays().all()).noneMatch(one -> one.plan().topic().equals(topic));
    worker.close();
  }

  /** Keeps what differs. */
  private static final class Changes implements ReplayListener {
    final List<Difference> told = new ArrayList<>();

    @Override
    public void onDifference(
        String recordedId, String type, Message reply, List<Difference> differences) {
      told.addAll(differences);
    }
  }

  private Worker serve(UnaryOperator<String> service) {
    return working(
        Handling.DEFAULT,
        (text, request) -> {
          seen.add(request);
          String answer = service.apply(text);
          return answer.startsWith("{") ? Reply.of(Payload.json(answer)) : Reply.of(answer);
        });
  }

  private Replay.Result run(Replay replay) {
    return replay.run(ReplyComparison.OF_ALL, Redaction.NONE, new ReplayListener() {}, () -> false);
  }

  private Replays replays() {
    return new Replays(leat.broker());
  }

  private Replays.State state(Replay replay) {
    return replays().all().stream()
        .filter(one -> one.id().equals(replay.id()))
        .findFirst()
        .orElseThrow();
  }

  private static Optional<String> id(Replay replay) {
    return Optional.of(replay.id());
  }

  private ReplayPlan plan() {
    return ReplayPlan.of(
        topic,
        InstantSource.system().instant().minus(Duration.ofMinutes(10)),
        InstantSource.system().instant().plus(Duration.ofMinutes(10)));
  }

  private static ReplayPlan comparing(ReplayPlan plan) {
    return change(plan, plan.ids(), plan.where(), plan.into(), 200, 100, true, plan.patience());
  }

  private static ReplayPlan into(ReplayPlan plan, Topic into, Duration patience) {
    return change(
        plan, plan.ids(), plan.where(), into, plan.rate(), 100, plan.compares(), patience);
  }

  private static ReplayPlan with(ReplayPlan plan, double rate, long backlog) {
    return change(
        plan, plan.ids(), plan.where(), plan.into(), rate, backlog, false, plan.patience());
  }

  private static ReplayPlan where(ReplayPlan plan, List<String> ids, List<String> where) {
    return change(plan, ids, where, plan.into(), plan.rate(), 100, false, plan.patience());
  }

  private static ReplayPlan change(
      ReplayPlan plan,
      List<String> ids,
      List<String> where,
      Topic into,
      double rate,
      long backlog,
      boolean compares,
      Duration patience) {
    return new ReplayPlan(
        plan.topic(),
        plan.from(),
        plan.to(),
        plan.types(),
        ids,
        where,
        into,
        plan.group(),
        rate,
        backlog,
        compares,
        plan.keys(),
        plan.deadlines(),
        patience);
  }

  private boolean offersReplays() {
    return Refusals.offers(leat.broker(), Capability.RANGE)
        && Refusals.offers(leat.broker(), Capability.TIME_POSITION)
        && offers(Capability.MOVE, this::replays)
        && offers(Capability.NOTES, this::replays);
  }
}

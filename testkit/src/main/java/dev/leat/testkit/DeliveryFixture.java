package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;

import dev.leat.Cancelled;
import dev.leat.Handler;
import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Retry;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.Append;
import dev.leat.broker.Cancellation;
import dev.leat.broker.Capability;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.Lane;
import dev.leat.broker.ReplyListener;
import dev.leat.wire.DeadLetter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** A connection, a topic of its own, and short words for what is done and looked at there. */
@Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
abstract class DeliveryFixture {
  static final Duration LONG = Duration.ofSeconds(20);

  /** Waits that a test can afford. */
  static final Retry QUICK = Retry.times(3).withWaits(Duration.ofMillis(10), Duration.ofMillis(20));

  Leat leat;
  Topic topic;

  /** The broker's URL; it may be shared by several tests. */
  protected abstract String url();

  @BeforeEach
  void connect() {
    leat = Leat.connect(url());
    topic = Topic.of("delivery-" + leat.ids().next());
  }

  @AfterEach
  void disconnect() {
    leat.close();
  }

  Worker worker() {
    return leat.worker(topic.toString()).drain(Duration.ofMillis(100));
  }

  Worker working(Handling handling, Handler<String> handler) {
    return worker().on("work", String.class, handler, handling).start();
  }

  String call(String payload) {
    return call(payload, LONG);
  }

  String call(String payload, Duration timeout) {
    return leat.caller()
        .call(topic.toString(), "work", Payload.text(payload), String.class, timeout);
  }

  /** A call that is given up half way. */
  void callAndGo() {
    try {
      throw new IllegalStateException("answered " + call("x"));
    } catch (Cancelled expected) {
      // That is what the test is about.
    }
  }

  Message ask(String key, String payload) {
    return ask(key, payload, LONG);
  }

  /** A call with an idempotency key, or none where it is empty; with all that is answered. */
  Message ask(String key, String payload, Duration timeout) {
    Headers headers = key.isEmpty() ? Headers.NONE : Headers.of(Headers.IDEMPOTENCY_KEY, key);
    return leat.caller()
        .with(headers)
        .call(topic.toString(), "work", Payload.text(payload), Message.class, timeout);
  }

  String send(String payload) {
    return leat.caller().send(topic.toString(), "work", Payload.text(payload));
  }

  boolean offers(Capability capability, Callable<?> attempt) {
    return Refusals.offers(leat.broker(), capability, attempt);
  }

  /** A worker beside those of the group that everybody is in. */
  Worker secondGroup() {
    working(Handling.DEFAULT, (text, request) -> text);
    return worker().group("second").on("work", String.class, (text, request) -> text).start();
  }

  /** Of nothing: whether it can be done at all. */
  CompletionStage<Boolean> redriveAnything() {
    Message letter = new Message("id", "work", "", Headers.NONE, "", Payload.EMPTY);
    return leat.broker().move(topic.deadLetters(), "1-1", new Append(topic.incoming(), letter));
  }

  /** Appends a message as it stands, past all callers. */
  void append(StreamRef stream, Message message) {
    onLane(batch -> {}, lane -> lane.append(List.of(new Append(stream, message))));
  }

  /** Tells workers that nobody waits, past all callers. */
  void cancel(Cancellation cancelled) {
    onLane(batch -> {}, lane -> lane.cancel(topic, cancelled));
  }

  /** Does something with a lane that is closed when that has ended, and awaits that. */
  void onLane(ReplyListener replies, Function<Lane, CompletionStage<?>> action) {
    Lane lane =
        result(
            CompletableFuture.supplyAsync(
                () -> leat.broker().openLane(leat.loop(), leat.nextLane(), replies), leat.loop()));
    result(
        CompletableFuture.supplyAsync(() -> action.apply(lane), leat.loop())
            .thenCompose(asked -> asked));
    result(CompletableFuture.runAsync(lane::close, leat.loop()));
  }

  /** Hears of the ids that are cancelled from now on, and that were before. */
  void hearCancellations(List<String> heard) {
    result(
        leat.broker()
            .cancellations(topic, batch -> batch.forEach(one -> heard.add(one.messageId())))
            .ready());
  }

  GroupHealth group() {
    return result(leat.broker().health(topic.incoming())).groups().getFirst();
  }

  boolean isIdle() {
    return group().unfinished().orElseThrow() == 0;
  }

  List<DeadLetter> deadLetters() {
    return result(leat.broker().range(topic.deadLetters(), Position.START, 1_000)).stream()
        .map(entry -> DeadLetter.read(entry.message()))
        .toList();
  }
}

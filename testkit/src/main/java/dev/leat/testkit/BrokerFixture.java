package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.MessageId;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.Delivery;
import dev.leat.broker.EventLoop;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.Lane;
import dev.leat.broker.Membership;
import dev.leat.broker.StreamHealth;
import dev.leat.broker.Subscription;
import dev.leat.broker.ThreadLoop;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** What the contract is told in: a broker, a lane, a topic of its own, and short words for them. */
@Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
abstract class BrokerFixture {
  final MessageId ids = MessageId.secure(InstantSource.system());
  final Topic topic = Topic.of("contract-" + ids.next());
  final List<Message> replies = new CopyOnWriteArrayList<>();
  ThreadLoop loop;
  Broker broker;
  Lane lane;

  /** Opens the broker that is to pass, on a loop that outlives it. */
  protected abstract Broker open(EventLoop loop);

  @BeforeEach
  void openBrokerAndLane() {
    loop = new ThreadLoop("contract", true);
    broker = open(loop);
    lane = onLoop(() -> broker.openLane(loop, "contract-" + ids.next(), replies::addAll));
  }

  @AfterEach
  void closeBroker() {
    onLoop(
        () -> {
          lane.close();
          return true;
        });
    broker.close();
    loop.close();
  }

  boolean offers(Capability capability) {
    return Refusals.offers(broker, capability);
  }

  /** The same; and where the broker lacks it, that what needs it is refused by name. */
  boolean offers(Capability capability, Callable<?> attempt) {
    return Refusals.offers(broker, capability, attempt);
  }

  /** As short as a test likes, and the broker has. */
  Duration shortLease() {
    Duration shortest = broker.limits().shortestLease();
    Duration short600 = Duration.ofMillis(600);
    return shortest.compareTo(short600) > 0 ? shortest : short600;
  }

  /** In this order, where the broker keeps one. */
  void assertTexts(List<String> actual, List<String> expected) {
    if (offers(Capability.STREAM_ORDER)) {
      assertThat(actual).isEqualTo(expected);
    } else {
      assertThat(actual).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  /** Health may be late. */
  void untilNothingIsUnfinished(String group) {
    until("nothing is unfinished", () -> group(group).unfinished().orElse(0) == 0);
  }

  void untilNothingIsPending(String group) {
    if (offers(Capability.EXACT_BACKLOG)) {
      until("nothing is pending", () -> group(group).pending().orElseThrow() == 0);
    } else {
      untilNothingIsUnfinished(group);
    }
  }

  /** How many entries, where that is known. */
  void untilLength(StreamRef stream, long length) {
    until(
        "it has " + length, () -> result(broker.health(stream)).length().orElse(length) == length);
  }

  Membership member(String group, String name) {
    return Membership.of(topic, group, name);
  }

  Inbox join(String group) {
    Inbox inbox = new Inbox();
    broker.subscribe(member(group, "m"), inbox).request(100_000);
    return inbox;
  }

  void subscribeCompleting(String name, Set<String> seen, AtomicInteger handled) {
    CompletableFuture<Subscription> own = new CompletableFuture<>();
    Subscription subscription =
        broker.subscribe(
            member("workers", name),
            batch -> {
              for (Delivery delivery : batch) {
                seen.add(delivery.message().payload().asText());
                var unused = delivery.complete(List.of()).thenRun(() -> handled.incrementAndGet());
              }
              own.join().request(batch.size());
            });
    own.complete(subscription);
    subscription.request(64);
  }

  void extendEvery(Duration pause, Delivery delivery, AtomicInteger done, int times) {
    loop.schedule(
        pause,
        () -> {
          var unused =
              delivery
                  .extend()
                  .thenAccept(
                      held -> {
                        if (held && done.incrementAndGet() < times) {
                          extendEvery(pause, delivery, done, times);
                        }
                      });
        });
  }

  List<String> tail(Position from) {
    List<String> seen = new CopyOnWriteArrayList<>();
    Subscription subscription =
        broker.tail(
            topic.incoming(),
            from,
            batch -> batch.forEach(entry -> seen.add(entry.message().payload().asText())));
    subscription.request(Integer.MAX_VALUE);
    result(subscription.ready());
    return seen;
  }

  Message message(Payload payload) {
    return new Message(ids.next(), "test", "", Headers.NONE, "contract", payload);
  }

  Message request(String text) {
    return new Message(
        ids.next(), "test", lane.replyAddress(topic), Headers.NONE, "contract", Payload.text(text));
  }

  static Append answer(Message request, String text) {
    return new Append(
        new StreamRef.At(request.destination()),
        request.reply(Headers.NONE, "worker", Payload.text(text)));
  }

  void append(Message message) {
    append(new Append(topic.incoming(), message));
  }

  List<String> append(List<String> texts) {
    return append(
        texts.stream()
            .map(text -> new Append(topic.incoming(), message(Payload.text(text))))
            .toArray(Append[]::new));
  }

  List<String> append(Append... batch) {
    return result(onLoop(() -> lane.append(List.of(batch))));
  }

  <T> T onLoop(java.util.function.Supplier<T> action) {
    return result(CompletableFuture.supplyAsync(action, loop));
  }

  StreamHealth health() {
    return result(broker.health(topic.incoming()));
  }

  GroupHealth group(String name) {
    return health().groups().stream()
        .filter(group -> group.group().equals(name))
        .findFirst()
        .orElseThrow();
  }

  static List<String> numbers(int count) {
    return IntStream.range(0, count).mapToObj(Integer::toString).toList();
  }
}

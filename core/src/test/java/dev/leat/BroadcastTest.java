package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Reading along, without a group. */
class BroadcastTest extends LeatFixture {
  // Reading along

  @Test
  void every_listener_hears_every_message_in_order() {
    List<String> one = new CopyOnWriteArrayList<>();
    List<String> two = new CopyOnWriteArrayList<>();
    leat.listen("prices", Position.START, message -> one.add(message.payload().asText()));
    IntStream.range(0, 600).forEach(i -> caller.send("prices", "price", "" + i));
    leat.listen("prices", Position.START, message -> two.add(message.payload().asText()));

    await().atMost(LONG).until(() -> one.size() == 600 && two.size() == 600);
    assertThat(one).isEqualTo(IntStream.range(0, 600).mapToObj(i -> "" + i).toList());
    assertThat(two).isEqualTo(one);
  }

  @Test
  void a_listener_that_fails_goes_on_and_one_that_is_closed_hears_nothing() {
    List<String> heard = new CopyOnWriteArrayList<>();
    Listening listener =
        leat.listen(
            "prices",
            Position.NOW,
            message -> {
              heard.add(message.payload().asText());
              throw new IllegalStateException("no");
            });
    caller.send("prices", "price", "1");
    caller.send("prices", "price", "2");
    await().atMost(LONG).until(() -> heard.size() == 2);
    listener.close();
    caller.send("prices", "price", "3");

    List<String> later = new CopyOnWriteArrayList<>();
    leat.listen("prices", Position.START, message -> later.add(message.payload().asText()));
    await().atMost(LONG).until(() -> later.size() == 3);
    assertThat(heard).containsExactly("1", "2");
  }

  @Test
  void a_publisher_hands_over_no_more_than_was_asked_for() {
    IntStream.range(0, 10).forEach(i -> caller.send("s", "x", "" + i));
    List<String> seen = new CopyOnWriteArrayList<>();
    CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
    AtomicReference<Throwable> error = new AtomicReference<>();
    leat.stream("s", Position.START)
        .subscribe(
            new Flow.Subscriber<>() {
              @Override
              public void onSubscribe(Flow.Subscription begun) {
                subscription.complete(begun);
              }

              @Override
              public void onNext(Message message) {
                seen.add(new String(message.payload().bytes(), StandardCharsets.UTF_8));
              }

              @Override
              public void onError(Throwable failure) {
                error.set(failure);
              }

              @Override
              public void onComplete() {
                error.set(new AssertionError("a stream does not complete"));
              }
            });

    assertThat(seen).isEmpty();
    subscription.join().request(3);
    await().atMost(LONG).until(() -> seen.size() >= 3);
    assertThat(seen).containsExactly("0", "1", "2");
    subscription.join().request(0);
    assertThat(error.get()).isInstanceOf(IllegalArgumentException.class);
  }
}

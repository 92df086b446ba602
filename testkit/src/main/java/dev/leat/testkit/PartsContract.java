package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.stays;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.DeadlineExceeded;
import dev.leat.HandlerFailed;
import dev.leat.Handling;
import dev.leat.PartWriter;
import dev.leat.Parts;
import dev.leat.Reply;
import dev.leat.Worker;
import dev.leat.broker.Capability;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The part of the delivery contract that is about answers in parts. */
abstract class PartsContract extends DeliveryFixture {
  private static final int MANY = 2_000;
  private static final int ROUNDS = 20;

  /** As many as may be ahead of a reader. */
  private static final int AHEAD = 256;

  @Test
  void parts_are_read_in_order_and_each_once() {
    counting("count");
    try (Parts<Integer> parts = stream("count", MANY)) {
      assertThat(all(parts)).isEqualTo(numbers(0, MANY));
      assertThat(parts.hasNext()).isFalse();
    }
    until("nothing is pending", this::isIdle);
  }

  @Test
  void who_asks_for_one_reply_gets_all_parts_as_one_and_one_reply_is_a_single_part() {
    worker()
        .on("count", Integer.class, (many, request) -> Reply.parts(numbers(0, many)))
        .on("work", String.class, (text, request) -> text)
        .start();
    assertThat(leat.caller().call(topic.toString(), "count", 5, Integer[].class, LONG))
        .containsExactly(0, 1, 2, 3, 4);
    try (Parts<String> parts =
        leat.caller().stream(topic.toString(), "work", "x", String.class, LONG)) {
      assertThat(all(parts)).containsExactly("x");
    }
    try (Parts<Integer> none = stream("count", 0)) {
      assertThat(none.hasNext()).isFalse();
    }
  }

  @Test
  void what_is_iterated_streamed_or_published_comes_in_parts() {
    worker()
        .on("iterated", Integer.class, (many, request) -> Reply.parts(numbers(0, many)))
        .on("streamed", Integer.class, (many, request) -> IntStream.range(0, many).boxed())
        .on(
            "published",
            Integer.class,
            (many, request) -> {
              SubmissionPublisher<Integer> publisher = new SubmissionPublisher<>();
              Thread unused =
                  Thread.startVirtualThread(
                      () -> {
                        try (publisher) {
                          while (publisher.getNumberOfSubscribers() == 0) {
                            Thread.onSpinWait();
                          }
                          numbers(0, many).forEach(publisher::submit);
                        }
                      });
              return publisher;
            })
        .start();
    for (String type : List.of("iterated", "streamed", "published")) {
      try (Parts<Integer> parts = stream(type, 700)) {
        assertThat(all(parts)).as(type).isEqualTo(numbers(0, 700));
      }
    }
  }

  @Test
  void a_reader_that_does_not_read_holds_its_writer_up_and_nobody_else() {
    AtomicInteger written = new AtomicInteger();
    worker()
        .on(
            "count",
            Integer.class,
            (many, request) ->
                Reply.inParts(
                    sink -> {
                      for (int i = 0; i < many; i++) {
                        sink.write(i);
                        written.incrementAndGet();
                      }
                    }))
        .on("work", String.class, (text, request) -> text)
        .start();
    try (Parts<Integer> parts = stream("count", MANY)) {
      until("so many are written as may be", () -> written.get() == AHEAD);
      stays("no more", Duration.ofMillis(300), () -> written.get() == AHEAD);
      assertThat(call("x")).isEqualTo("x");
      assertThat(all(parts)).isEqualTo(numbers(0, MANY));
    }
  }

  @Test
  void parts_that_are_large_are_few_at_a_time() {
    AtomicInteger written = new AtomicInteger();
    String large = "x".repeat(150_000);
    worker()
        .on(
            "large",
            Integer.class,
            (many, request) ->
                Reply.inParts(
                    sink -> {
                      for (int i = 0; i < many; i++) {
                        sink.write(i + large);
                        written.incrementAndGet();
                      }
                    }))
        .start();
    try (Parts<String> parts =
        leat.caller().stream(topic.toString(), "large", 20, String.class, LONG)) {
      until("some are written", () -> written.get() == 6);
      stays("no more than a megabyte", Duration.ofMillis(300), () -> written.get() == 6);
      for (int i = 0; i < 20; i++) {
        assertThat(parts.next()).isEqualTo(i + large);
      }
      assertThat(parts.hasNext()).isFalse();
    }
  }

  @Test
  void a_handler_that_fails_in_the_midst_is_known_after_the_parts_before() {
    writing(
        "count",
        many ->
            sink -> {
              numbers(0, many).forEach(sink::write);
              throw new IllegalStateException("no more");
            });
    for (int round = 0; round < ROUNDS; round++) {
      try (Parts<Integer> parts = stream("count", 3)) {
        for (int i = 0; i < 3; i++) {
          assertThat(parts.next()).isEqualTo(i);
        }
        assertThatThrownBy(parts::hasNext)
            .isInstanceOfSatisfying(
                HandlerFailed.class,
                failed -> assertThat(failed.problem().status()).isEqualTo(500));
      }
    }
  }

  @Test
  void a_reader_that_goes_ends_its_writer() {
    AtomicBoolean isEnded = new AtomicBoolean();
    writing(
        "count",
        many ->
            sink -> {
              try {
                for (int i = 0; i < many; i++) {
                  sink.write(i);
                }
              } finally {
                isEnded.set(true);
              }
            });
    try (Parts<Integer> parts = stream("count", 1_000_000)) {
      assertThat(parts.next()).isEqualTo(0);
    }
    if (Refusals.offers(leat.broker(), Capability.CANCELLATION)) {
      until("its writer is told", isEnded::get);
      until("nothing is pending", this::isIdle);
    }
  }

  @Test
  void an_answer_that_does_not_end_in_time_is_known_as_late() {
    CountDownLatch never = new CountDownLatch(1);
    writing(
        "count",
        many ->
            sink -> {
              sink.write(0);
              never.await();
            });
    try (Parts<Integer> parts =
        leat.caller().stream(topic.toString(), "count", 1, Integer.class, Duration.ofMillis(700))) {
      assertThat(parts.next()).isEqualTo(0);
      assertThatThrownBy(parts::hasNext).isInstanceOf(DeadlineExceeded.class);
    }
  }

  @Test
  void another_worker_begins_anew_and_the_reader_goes_on_where_it_was() {
    AtomicInteger begun = new AtomicInteger();
    CountDownLatch isHalf = new CountDownLatch(1);
    for (int i = 0; i < 2; i++) {
      worker()
          .on(
              "count",
              Integer.class,
              (many, request) ->
                  Reply.inParts(
                      sink -> {
                        boolean isFirst = begun.incrementAndGet() == 1;
                        for (int number = 0; number < many; number++) {
                          if (isFirst && number == many / 2) {
                            isHalf.countDown();
                            throw new Stopped();
                          }
                          sink.write(number);
                        }
                      }),
              Handling.retrying(QUICK))
          .start();
    }
    try (Parts<Integer> parts = stream("count", MANY)) {
      assertThat(all(parts)).isEqualTo(numbers(0, MANY));
    }
    assertThat(begun).hasValue(2);
    assertThat(isHalf.getCount()).isZero();
  }

  /** As a worker that has gone. */
  private static final class Stopped extends IllegalStateException {
    private static final long serialVersionUID = 1;
  }

  private void counting(String type) {
    writing(type, many -> sink -> numbers(0, many).forEach(sink::write));
  }

  /** A worker that writes, for a number. */
  private void writing(String type, IntFunction<PartWriter> writer) {
    Worker unused =
        worker()
            .on(type, Integer.class, (many, request) -> Reply.inParts(writer.apply(many)))
            .start();
  }

  private Parts<Integer> stream(String type, int many) {
    return leat.caller().stream(topic.toString(), type, many, Integer.class, LONG);
  }

  private static List<Integer> numbers(int from, int end) {
    return IntStream.range(from, end).boxed().toList();
  }

  private static <T> List<T> all(Parts<T> parts) {
    List<T> all = new ArrayList<>();
    parts.forEachRemaining(all::add);
    return all;
  }
}

package dev.leat.caller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadReply;
import dev.leat.HandlerFailed;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Problem;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.wire.ProblemReply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PartReaderTest {
  private final List<Append> told = new ArrayList<>();
  private final AtomicInteger cancelled = new AtomicInteger();
  private final PartReader<String> reader =
      new PartReader<>(part -> part.payload().asText(), Runnable::run, told::add);

  PartReaderTest() {
    reader.waitFor(
        new PendingCall(
            call -> cancelled.incrementAndGet(), "1", Target.of(Topic.of("t"), "x"), reader));
  }

  @Test
  void parts_that_come_in_another_order_or_twice_are_given_out_in_order_and_once() {
    assertThat(reader.isWhole(part(1, 1))).isFalse();
    assertThat(reader.isWhole(part(0, 1))).isFalse();
    assertThat(reader.isWhole(part(1, 1))).isFalse();
    assertThat(reader.isWhole(end(4, 1))).as("some are missing").isFalse();
    assertThat(reader.isWhole(part(3, 1))).isFalse();
    assertThat(reader.isWhole(part(2, 1))).as("that was the last").isTrue();
    reader.onReply(end(4, 1));
    assertThat(all()).containsExactly("0", "1", "2", "3");
  }

  @Test
  void an_attempt_fences_those_before_it_and_hears_where_the_reader_is() {
    assertThat(reader.isWhole(part(0, 1))).isFalse();
    assertThat(reader.isWhole(part(1, 1))).isFalse();
    assertThat(reader.next()).isEqualTo("0");
    assertThat(reader.isWhole(part(3, 1))).isFalse();
    assertThat(told).isEmpty();

    assertThat(reader.isWhole(part(0, 2))).isFalse();
    assertThat(told).singleElement().satisfies(one -> assertThat(received(one)).isEqualTo("1"));
    assertThat(reader.isWhole(part(2, 1))).as("nobody is at that any more").isFalse();
    assertThat(reader.isWhole(end(4, 1))).isFalse();
    for (int i = 1; i < 3; i++) {
      assertThat(reader.isWhole(part(i, 2))).isFalse();
    }
    assertThat(reader.isWhole(end(3, 2))).isTrue();
    reader.onReply(end(3, 2));
    assertThat(all()).containsExactly("1", "2");
  }

  @Test
  void the_writer_is_told_once_half_of_what_may_be_ahead_was_read() {
    for (int i = 0; i < PartReader.AHEAD; i++) {
      assertThat(reader.isWhole(part(i, 1))).isFalse();
    }
    IntStream.range(0, PartReader.AHEAD)
        .forEach(i -> assertThat(reader.next()).isEqualTo(Integer.toString(i)));
    assertThat(told).extracting(PartReaderTest::received).containsExactly("128", "256");
  }

  @Test
  void more_than_was_asked_for_is_not_kept() {
    for (int i = 0; i < 5 * PartReader.AHEAD && cancelled.get() == 0; i++) {
      assertThat(reader.isWhole(part(i, 1))).isFalse();
    }
    assertThat(cancelled).hasValue(1);
    assertThatThrownBy(this::all).isInstanceOf(BadReply.class);
  }

  @Test
  void one_reply_is_one_part_and_a_problem_ends_it() {
    Message whole = message(Headers.NONE, "all of it");
    assertThat(reader.isWhole(whole)).isTrue();
    reader.onReply(whole);
    assertThat(all()).containsExactly("all of it");
  }

  @Test
  void a_problem_ends_it_wherever_it_comes() {
    assertThat(reader.isWhole(part(0, 1))).isFalse();
    Message asked = message(Headers.NONE, "");
    Message problem = ProblemReply.to(asked, Problem.of(500, "Handler failed", "no"), "w");
    assertThat(reader.isWhole(problem)).isTrue();
    reader.onReply(problem);
    assertThat(reader.next()).isEqualTo("0");
    assertThatThrownBy(reader::hasNext).isInstanceOf(HandlerFailed.class);
  }

  private List<String> all() {
    List<String> all = new ArrayList<>();
    reader.forEachRemaining(all::add);
    return all;
  }

  private static String received(Append told) {
    return told.message().headers().get(Headers.RECEIVED).orElse("");
  }

  private static Message part(int number, int attempt) {
    Headers.Builder headers = headers(number, attempt);
    if (number == 0) {
      headers.set(Headers.CREDIT, "there-" + attempt);
    }
    return message(headers.build(), Integer.toString(number));
  }

  private static Message end(int number, int attempt) {
    return message(headers(number, attempt).set(Headers.END, "true").build(), "");
  }

  private static Headers.Builder headers(int number, int attempt) {
    Headers.Builder headers = Headers.builder().set(Headers.SEQUENCE, Integer.toString(number));
    if (attempt > 1) {
      headers.set(Headers.ATTEMPT, Integer.toString(attempt));
    }
    return headers;
  }

  private static Message message(Headers headers, String text) {
    return new Message("1", Message.REPLY, "", headers, "w", Payload.text(text));
  }
}

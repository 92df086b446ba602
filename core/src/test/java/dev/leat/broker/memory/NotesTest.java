package dev.leat.broker.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.StreamFull;
import dev.leat.broker.BrokerUrl;
import dev.leat.broker.Note;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class NotesTest {
  private static final Duration DAY = Duration.ofDays(1);

  private final AtomicLong now = new AtomicLong();
  private final InstantSource clock = () -> java.time.Instant.ofEpochMilli(now.get());

  private Notes notes(String options) {
    return new Notes(clock, Limits.of(BrokerUrl.parse("memory:?" + options)));
  }

  @Test
  void the_oldest_answers_are_forgotten_when_all_take_more_than_they_may() {
    Notes notes = notes("answers=50000");
    for (int i = 0; i < 100; i++) {
      notes.write(List.of(note(i, "x".repeat(1_000))));
    }
    assertThat(notes.writeIfAbsent(note(99, ""))).isPresent();
    assertThat(notes.writeIfAbsent(note(70, ""))).isPresent();
    assertThat(notes.writeIfAbsent(note(10, ""))).as("it was forgotten").isEmpty();
  }

  @Test
  void an_answer_larger_than_all_may_be_is_not_kept_and_what_is_undone_takes_nothing() {
    Notes notes = notes("answers=5000");
    notes.write(List.of(note(1, "x".repeat(10_000))));
    assertThat(notes.writeIfAbsent(note(1, ""))).isEmpty();
    for (int i = 0; i < 100; i++) {
      notes.write(List.of(note(2, "x".repeat(3_000)))).run();
    }
    notes.write(List.of(note(3, "x".repeat(3_000))));
    assertThat(notes.writeIfAbsent(note(3, ""))).isPresent();
    assertThat(notes.writeIfAbsent(note(2, ""))).isEmpty();
  }

  @Test
  void what_is_at_work_is_refused_beyond_a_number_until_the_time_of_others_is_over() {
    Notes notes = notes("entries=10");
    for (int i = 0; i < 10; i++) {
      notes.writeIfAbsent(note(i, ""));
    }
    assertThatThrownBy(() -> notes.writeIfAbsent(note(10, ""))).isInstanceOf(StreamFull.class);
    notes.write(List.of(note(0, "answered")));
    assertThat(notes.writeIfAbsent(note(10, ""))).isEmpty();
    now.addAndGet(DAY.toMillis());
    assertThat(notes.writeIfAbsent(note(11, ""))).isEmpty();
    assertThat(notes.writeIfAbsent(note(0, ""))).isEmpty();
  }

  private static Note note(int number, String text) {
    Message message = new Message("" + number, "t", "", Headers.NONE, "", Payload.text(text));
    return new Note("notes", "" + number, message, DAY);
  }
}

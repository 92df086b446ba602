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
    return new Notes(clock, Limits.of(BrokerUrl.parse("memory:?" + options)), Journal.NONE);
  }

  @Test
  void the_oldest_answers_are_forgotten_when_all_take_more_than_they_may() {
    Notes notes = notes("answers=50000");
    for (int i = 0; i < 100; i++) {
      write(notes, note(i, "x".repeat(1_000)));
    }
    assertThat(notes.writeIfAbsent(note(99, ""), Changes.NONE))
        .isInstanceOf(Notes.Written.There.class);
    assertThat(notes.writeIfAbsent(note(70, ""), Changes.NONE))
        .isInstanceOf(Notes.Written.There.class);
    assertThat(notes.writeIfAbsent(note(10, ""), Changes.NONE))
        .as("it was forgotten")
        .isInstanceOf(Notes.Written.New.class);
  }

  @Test
  void an_answer_larger_than_all_may_be_is_not_kept_and_what_is_forgotten_takes_nothing() {
    Notes notes = notes("answers=5000");
    write(notes, note(1, "x".repeat(10_000)));
    assertThat(notes.writeIfAbsent(note(1, ""), Changes.NONE))
        .isInstanceOf(Notes.Written.New.class);
    for (int i = 0; i < 100; i++) {
      write(notes, note(2, "x".repeat(3_000)));
      write(notes, note(2, "").forgotten());
    }
    write(notes, note(3, "x".repeat(3_000)));
    assertThat(notes.writeIfAbsent(note(3, ""), Changes.NONE))
        .isInstanceOf(Notes.Written.There.class);
    assertThat(notes.writeIfAbsent(note(2, ""), Changes.NONE))
        .isInstanceOf(Notes.Written.New.class);
  }

  @Test
  void what_is_at_work_is_refused_beyond_a_number_until_the_time_of_others_is_over() {
    Notes notes = notes("entries=10");
    for (int i = 0; i < 10; i++) {
      var unused = notes.writeIfAbsent(note(i, ""), Changes.NONE);
    }
    assertThatThrownBy(() -> notes.writeIfAbsent(note(10, ""), Changes.NONE))
        .isInstanceOf(StreamFull.class);
    write(notes, note(0, "answered"));
    assertThat(notes.writeIfAbsent(note(10, ""), Changes.NONE))
        .isInstanceOf(Notes.Written.New.class);
    now.addAndGet(DAY.toMillis());
    assertThat(notes.writeIfAbsent(note(11, ""), Changes.NONE))
        .isInstanceOf(Notes.Written.New.class);
    assertThat(notes.writeIfAbsent(note(0, ""), Changes.NONE))
        .isInstanceOf(Notes.Written.New.class);
  }

  private static void write(Notes notes, Note note) {
    notes.write(List.of(note), Changes.NONE);
  }

  private static Note note(int number, String text) {
    Message message = new Message("" + number, "t", "", Headers.NONE, "", Payload.text(text));
    return new Note("notes", "" + number, message, DAY);
  }
}

package dev.leat.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.broker.Note;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class NotesViewTest {
  private static final Duration KEEP = Duration.ofMillis(100);

  private final NotesView view = new NotesView(3);
  private long offset;

  @Test
  void whoever_is_first_in_the_log_has_it_until_its_time_is_over() {
    NotesView.Outcome first = say(NoteRecord.Verb.CLAIM, note("k", "a"), 1_000);
    NotesView.Outcome second = say(NoteRecord.Verb.CLAIM, note("k", "b"), 1_099);
    assertThat(first.isDone()).isTrue();
    assertThat(second).isEqualTo(new NotesView.Outcome(false, new EntryPlace(1_000, 0, 0)));
    assertThat(say(NoteRecord.Verb.CLAIM, note("k", "c"), 1_100).isDone()).isTrue();
  }

  @Test
  void only_who_has_it_renews_or_gives_it_up_and_an_answer_replaces_whatever_is_there() {
    Note mine = note("k", "a");
    Note other = note("k", "b");
    assertThat(say(NoteRecord.Verb.RENEW, mine, 1_000).isDone()).isFalse();
    assertThat(say(NoteRecord.Verb.CLAIM, mine, 1_000).isDone()).isTrue();
    assertThat(say(NoteRecord.Verb.RENEW, other, 1_050).isDone()).isFalse();
    assertThat(say(NoteRecord.Verb.FORGET, other, 1_050).isDone()).isFalse();
    assertThat(say(NoteRecord.Verb.RENEW, mine, 1_090).isDone()).isTrue();
    assertThat(say(NoteRecord.Verb.CLAIM, other, 1_150).isDone()).isFalse();
    assertThat(say(NoteRecord.Verb.PUT, other, 1_160).isDone()).isTrue();
    assertThat(say(NoteRecord.Verb.FORGET, mine, 1_170).isDone()).isFalse();
    assertThat(say(NoteRecord.Verb.FORGET, other, 1_170).isDone()).isTrue();
    assertThat(say(NoteRecord.Verb.CLAIM, mine, 1_180).isDone()).isTrue();
  }

  @Test
  void of_two_that_found_one_to_be_gone_one_has_it() {
    EntryPlace gone = new EntryPlace(1_000, 0, 0);
    assertThat(say(NoteRecord.Verb.CLAIM, note("k", "a"), 1_000).isDone()).isTrue();
    assertThat(instead(note("k", "b"), gone).isDone()).isTrue();
    NotesView.Outcome late = instead(note("k", "c"), gone);
    assertThat(late).isEqualTo(new NotesView.Outcome(false, new EntryPlace(1_050, 0, 1)));
  }

  @Test
  void beyond_a_number_the_oldest_is_forgotten() {
    for (String key : new String[] {"1", "2", "3", "4"}) {
      assertThat(say(NoteRecord.Verb.CLAIM, note(key, "a"), 1_000).isDone()).isTrue();
    }
    assertThat(say(NoteRecord.Verb.CLAIM, note("2", "b"), 1_001).isDone()).isFalse();
    assertThat(say(NoteRecord.Verb.CLAIM, note("1", "b"), 1_001).isDone()).isTrue();
  }

  @Test
  void what_is_kept_for_ever_is_kept_for_ever() {
    Note ever = note("k", "a").replacedBy(message("a"), Duration.ofSeconds(Long.MAX_VALUE));
    assertThat(say(NoteRecord.Verb.PUT, ever, 1_000).isDone()).isTrue();
    assertThat(
            say(NoteRecord.Verb.CLAIM, note("k", "b"), Duration.ofDays(10_000).toMillis()).isDone())
        .isFalse();
  }

  @Test
  void what_is_said_is_read_as_it_was_written() {
    Headers headers = Headers.of(Headers.KEY, "its own", "x", "y");
    Message message = new Message("1", "t", "to", headers, "me", Payload.text("it"));
    Note note = new Note("a store", "a name", message, KEEP);
    NoteRecord said = new NoteRecord(NoteRecord.Verb.CLAIM, note, "token", "1-2-3");
    assertThat(NoteRecord.read(said.written().message())).isEqualTo(said);
    Note plain = note.replacedBy(message("b"), Duration.ZERO);
    NoteRecord forgotten = NoteRecord.of(plain);
    assertThat(NoteRecord.read(forgotten.written().message())).isEqualTo(forgotten);
    assertThat(forgotten.verb()).isEqualTo(NoteRecord.Verb.FORGET);
  }

  private NotesView.Outcome say(NoteRecord.Verb verb, Note note, long at) {
    return view.apply(new NoteRecord(verb, note, "", ""), new EntryPlace(at, 0, offset++), true);
  }

  private NotesView.Outcome instead(Note note, EntryPlace gone) {
    NoteRecord claim = new NoteRecord(NoteRecord.Verb.CLAIM, note, "", gone.toString());
    return view.apply(claim, new EntryPlace(1_050, 0, offset++), true);
  }

  private static Note note(String key, String id) {
    return new Note("store", key, message(id), KEEP);
  }

  private static Message message(String id) {
    return new Message(id, "t", "", Headers.NONE, "", Payload.EMPTY);
  }
}

package dev.leat.broker.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.BadConfiguration;
import dev.leat.BadMessage;
import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.Completion;
import dev.leat.broker.Delivery;
import dev.leat.broker.Entry;
import dev.leat.broker.Lane;
import dev.leat.broker.Membership;
import dev.leat.broker.Note;
import dev.leat.broker.StreamHealth;
import dev.leat.broker.Subscription;
import dev.leat.broker.ThreadLoop;
import dev.leat.wire.StreamKeys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in a folder when it is opened again, and which folders are refused. */
class FileBrokerTest {
  private static final Topic TOPIC = Topic.of("t");
  private static final Duration HOUR = Duration.ofHours(1);

  @TempDir private Path temporary;
  private final ThreadLoop loop = new ThreadLoop("file", true);

  @AfterEach
  void close() {
    loop.close();
  }

  private Path folder() {
    return temporary.resolve("leat");
  }

  private Broker open() {
    return open("");
  }

  private Broker open(String options) {
    return Brokers.open("file:" + folder() + options, loop);
  }

  @Test
  void what_was_accepted_is_there_again_in_order_with_its_ids() {
    List<String> ids;
    try (Broker broker = open()) {
      ids = append(broker, "0", "1", "2");
    }
    try (Broker broker = open()) {
      assertThat(result(broker.range(TOPIC.incoming(), Position.START, 10)))
          .extracting(entry -> entry.message().payload().asText())
          .containsExactly("0", "1", "2");
      assertThat(result(broker.range(TOPIC.incoming(), Position.START, 10)))
          .extracting(entry -> entry.id())
          .isEqualTo(ids);
      assertThat(append(broker, "3").getFirst()).isGreaterThan(ids.getLast());
    }
  }

  @Test
  void what_was_completed_is_not_handed_over_again_and_what_was_held_is_with_its_attempts() {
    try (Broker broker = open()) {
      append(broker, "0", "1", "2", "3", "4");
      List<Delivery> held = take(broker, "g", 4);
      result(held.get(0).complete(List.of()));
      result(held.get(2).complete(List.of()));
      result(held.get(3).release(HOUR));
    }
    try (Broker broker = open()) {
      StreamHealth health = result(broker.health(TOPIC.incoming()));
      assertThat(health.groups().getFirst().pending()).hasValue(2);
      assertThat(health.groups().getFirst().backlog()).hasValue(1);
      List<Delivery> again = take(broker, "g", 2);
      assertThat(again)
          .extracting(one -> one.message().payload().asText())
          .containsExactly("1", "4");
      assertThat(again).extracting(Delivery::attempt).containsExactly(2, 1);
      assertThat(health.groups().getFirst().members()).hasValue(0);
    }
  }

  @Test
  void a_delay_goes_on_where_it_was() {
    long begin = System.nanoTime();
    try (Broker broker = open()) {
      append(broker, "late");
      result(take(broker, "g", 1).getFirst().release(Duration.ofMillis(1_500)));
    }
    try (Broker broker = open()) {
      assertThat(take(broker, "g", 1).getFirst().attempt()).isEqualTo(2);
    }
    assertThat(System.nanoTime() - begin).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(1_400));
  }

  @Test
  void what_a_completion_sends_and_keeps_is_there_with_it() {
    Note answer = new Note("answers", "k", message("answered"), HOUR);
    try (Broker broker = open()) {
      append(broker, "0");
      Delivery delivery = take(broker, "g", 1).getFirst();
      Append letter = new Append(TOPIC.deadLetters(), message("letter"));
      result(delivery.complete(new Completion(List.of(letter), List.of(answer))));
    }
    try (Broker broker = open()) {
      assertThat(result(broker.range(TOPIC.deadLetters(), Position.START, 10))).hasSize(1);
      assertThat(result(broker.noteIfAbsent(answer.replacedBy(message("other"), HOUR))))
          .map(kept -> kept.payload().asText())
          .contains("answered");
    }
  }

  @Test
  void where_nothing_is_said_to_be_left_all_that_was_sent_with_it_can_be_read() {
    StreamRef letters = TOPIC.deadLetters();
    try (Broker broker = open()) {
      for (int done = 1; done <= 100; done++) {
        append(broker, Integer.toString(done));
        CompletableFuture<Delivery> taken = new CompletableFuture<>();
        Subscription member =
            broker.subscribe(
                Membership.of(TOPIC, "g", "m"), batch -> taken.complete(batch.getFirst()));
        member.request(1);
        Append letter = new Append(letters, message("letter"));
        var unused = result(taken).complete(List.of(letter));
        while (unfinished(broker) > 0) {
          Thread.onSpinWait();
        }
        assertThat(result(broker.range(letters, Position.START, 200))).hasSize(done);
        member.close();
      }
    }
  }

  private static long unfinished(Broker broker) {
    return result(broker.health(TOPIC.incoming())).groups().getFirst().unfinished().orElseThrow();
  }

  @Test
  void a_clock_that_is_set_between_two_starts_loses_and_delays_nothing() {
    Note atWork = new Note("answers", "k", message("at work"), Duration.ofMillis(500));
    try (Broker broker = openAt(Duration.ZERO)) {
      append(broker, "0");
      append(broker, "1");
      result(take(broker, "g", 1).getFirst().release(Duration.ofMillis(500)));
      assertThat(result(broker.noteIfAbsent(atWork))).isEmpty();
    }
    try (Broker broker = openAt(HOUR.negated())) {
      List<Delivery> taken = take(broker, "g", 2);
      assertThat(texts(taken)).containsExactlyInAnyOrder("0", "1");
      await().until(() -> result(broker.noteIfAbsent(atWork)).isEmpty());
      append(broker, "2");
    }
    try (Broker broker = openAt(HOUR)) {
      append(broker, "3");
      assertThat(texts(take(broker, "g", 4))).containsExactlyInAnyOrder("0", "1", "2", "3");
      List<Entry> all = result(broker.range(TOPIC.incoming(), Position.START, 100));
      assertThat(standing(broker)).containsExactly("0", "1", "2", "3");
      assertThat(result(broker.range(TOPIC.incoming(), Position.after(all.get(1).id()), 100)))
          .isEqualTo(all.subList(2, 4));
    }
  }

  private Broker openAt(Duration ahead) {
    return Brokers.open("file:" + folder(), new ShiftedLoop(loop, ahead));
  }

  @Test
  void order_by_key_goes_on_where_it_was() {
    try (Broker broker = open()) {
      appendWithKey(broker, "a", "1");
      appendWithKey(broker, "a", "2");
      appendWithKey(broker, "b", "1");
      List<Delivery> held = new CopyOnWriteArrayList<>();
      broker.subscribe(Membership.of(TOPIC, "g", "m").inOrder(), held::addAll).request(10);
      await().until(() -> held.size() == 2);
    }
    try (Broker broker = open()) {
      List<Delivery> held = new CopyOnWriteArrayList<>();
      broker.subscribe(Membership.of(TOPIC, "g", "m").inOrder(), held::addAll).request(10);
      await().until(() -> held.size() == 2);
      assertThat(texts(held)).containsExactly("a1", "b1");
      result(held.getFirst().complete(List.of()));
      await().until(() -> held.size() == 3);
      assertThat(texts(held)).containsExactly("a1", "b1", "a2");
      assertThatThrownBy(() -> broker.subscribe(Membership.of(TOPIC, "g", "other"), batch -> {}))
          .isInstanceOf(BadConfiguration.class);
    }
  }

  @Test
  void files_that_nobody_needs_go_and_what_is_left_of_them_is_kept() throws IOException {
    Topic other = Topic.of("other");
    try (Broker broker = open("?segment=262144&keep=0s&history=10")) {
      append(broker, List.of(new Append(other.incoming(), message("first"))));
      List<Delivery> held = take(broker, other, "g", 1);
      for (int i = 0; i < 80; i++) {
        append(broker, "x".repeat(50_000));
        result(take(broker, "g", 1).getFirst().complete(List.of()));
      }
      await().until(() -> segments() <= 8);
      assertThat(result(held.getFirst().extend())).isTrue();
    }
    try (Broker broker = open("?segment=262144&keep=0s")) {
      List<Delivery> again = take(broker, other, "g", 1);
      assertThat(texts(again)).containsExactly("first");
      assertThat(again.getFirst().attempt()).isEqualTo(2);
    }
  }

  @Test
  void a_tail_that_is_torn_anywhere_is_left_out_and_nothing_before_it() throws IOException {
    try (Broker broker = open("?segment=262144")) {
      append(broker, "kept");
      append(broker, "torn");
    }
    byte[] whole = Files.readAllBytes(lastSegment());
    List<Frame> frames = frames(whole);
    // What was appended last, and then that it was closed.
    Frame torn = frames.get(frames.size() - 2);
    int begin = torn.from() - Frame.HEADER;
    for (int cut = begin; cut < torn.to(); cut++) {
      byte[] left = whole.clone();
      Arrays.fill(left, cut, left.length, (byte) 0);
      write(left);
      try (Broker broker = open("?segment=262144")) {
        assertThat(standing(broker)).as("cut at %d", cut).containsExactly("kept");
        append(broker, "more");
      }
      restore(whole);
    }
  }

  @Test
  void a_bit_that_flipped_anywhere_is_found_and_nothing_is_handed_out() throws IOException {
    try (Broker broker = open("?segment=262144")) {
      append(broker, "0");
      append(broker, "1");
    }
    Path segment = lastSegment();
    byte[] whole = Files.readAllBytes(segment);
    int end = frames(whole).getLast().to();
    for (int at = 0; at < end; at++) {
      byte[] flipped = whole.clone();
      flipped[at] ^= (byte) (1 << (at % 8));
      write(flipped);
      if (isBehindLastFrame(whole, at)) {
        continue;
      }
      int position = at;
      assertThatThrownBy(() -> open("?segment=262144").close())
          .as("flipped at %d", position)
          .isInstanceOf(BadConfiguration.class)
          .hasMessageContaining(segment.toString());
      assertThat(Files.readAllBytes(segment)).isEqualTo(flipped);
    }
    write(whole);
    try (Broker broker = open("?segment=262144")) {
      assertThat(standing(broker)).containsExactly("0", "1");
    }
  }

  /** What says that it was closed may be torn as well: then it is as if it had not been. */
  private static boolean isBehindLastFrame(byte[] whole, int at) {
    List<Frame> frames = frames(whole);
    Frame last = frames.getLast();
    return at >= last.from() - Frame.HEADER
        || frames.stream().anyMatch(frame -> at >= frame.to() && at < frame.next());
  }

  @Test
  void what_waits_for_its_turn_behind_much_that_is_handed_out_is_there_again() throws IOException {
    List<Append> all = new ArrayList<>();
    all.add(withKey("a", "0"));
    all.add(withKey("a", "1"));
    IntStream.range(2, 1_300).forEach(i -> all.add(withKey("k" + i, "")));
    Path copy;
    try (Broker broker = open()) {
      append(broker, all);
      List<Delivery> held = new CopyOnWriteArrayList<>();
      broker.subscribe(Membership.of(TOPIC, "g", "m").inOrder(), held::addAll).request(10);
      await().until(() -> held.size() == 10);
      result(held.getFirst().complete(List.of()));
      append(broker, List.of(withKey("z", "late")));
      copy = copy();
    }
    try (Broker broker = Brokers.open("file:" + copy, loop)) {
      List<Delivery> held = new CopyOnWriteArrayList<>();
      broker.subscribe(Membership.of(TOPIC, "g", "m").inOrder(), held::addAll).request(2_000);
      await().until(() -> held.size() == 1_300);
      assertThat(texts(held)).contains("a1").doesNotContain("a0");
    }
  }

  @Test
  void a_group_that_began_at_what_is_history_now_gets_what_is_there_and_nothing_twice()
      throws IOException {
    Path copy;
    try (Broker broker = open("?history=100000")) {
      append(broker, IntStream.range(0, 2_000).mapToObj(i -> withKey("", "" + i)).toList());
      take(broker, "g", 2_000).forEach(one -> result(one.complete(List.of())));
      append(broker, "last");
      broker.subscribe(Membership.of(TOPIC, "late", "m"), batch -> {});
      append(broker, "more");
      copy = copy();
    }
    try (Broker broker = Brokers.open("file:" + copy, loop)) {
      List<Delivery> held = take(broker, "late", 2_002);
      assertThat(texts(held)).doesNotHaveDuplicates().contains("0", "1999", "last", "more");
    }
  }

  @Test
  void what_was_taken_out_leaves_no_hole_that_others_are_not_found_behind() {
    List<String> ids;
    try (Broker broker = open("?segment=262144")) {
      ids =
          append(
              broker,
              IntStream.range(0, 10)
                  .mapToObj(i -> new Append(TOPIC.deadLetters(), message("" + i)))
                  .toList());
      Append back = new Append(TOPIC.incoming(), message("5"));
      assertThat(result(broker.move(TOPIC.deadLetters(), ids.get(5), back))).isTrue();
    }
    open("?segment=262144").close();
    try (Broker broker = open("?segment=262144")) {
      Append back = new Append(TOPIC.incoming(), message("4"));
      assertThat(result(broker.range(TOPIC.deadLetters(), Position.after(ids.get(3)), 99)))
          .extracting(entry -> entry.message().payload().asText())
          .containsExactly("4", "6", "7", "8", "9");
      assertThat(result(broker.move(TOPIC.deadLetters(), ids.get(5), back))).isFalse();
      assertThat(result(broker.move(TOPIC.deadLetters(), ids.get(4), back))).isTrue();
    }
  }

  @Test
  void a_start_that_did_not_get_far_is_begun_again() throws IOException {
    try (Broker broker = open("?segment=262144")) {
      append(broker, "kept");
    }
    byte[] torn = new byte[262_144];
    byte[] records = new byte[500];
    Arrays.fill(records, (byte) 1);
    Frame.of(records, records.length, 1_000, 999).get(torn, 0, 200);
    int next = Integer.parseInt(lastSegment().getFileName().toString().substring(0, 12)) + 1;
    Files.write(folder().resolve("%012d.leatlog".formatted(next)), torn);
    for (int i = 0; i < 3; i++) {
      try (Broker broker = open("?segment=262144")) {
        assertThat(standing(broker)).containsExactly("kept");
      }
    }
  }

  @Test
  void a_first_frame_that_is_damaged_is_found_though_it_is_all_there_is() throws IOException {
    try (Broker broker = open("?segment=262144")) {
      append(broker, "kept");
    }
    Path copy;
    try (Broker broker = open("?segment=262144")) {
      copy = copy();
      assertThat(standing(broker)).containsExactly("kept");
    }
    Path segment = segments(copy).getLast();
    byte[] bytes = Files.readAllBytes(segment);
    bytes[40] ^= 1;
    Files.write(segment, bytes);
    refuses("file:" + copy + "?segment=262144", "is damaged at byte 0");
  }

  @Test
  void what_the_wire_would_not_take_is_there_again_as_it_was() {
    Message odd =
        new Message(
            "id",
            "x",
            "",
            Headers.of("h", "y".repeat(30_000)),
            "",
            Payload.of(Encoding.TEXT, new byte[] {(byte) 0xff}));
    try (Broker broker = open()) {
      append(broker, List.of(new Append(TOPIC.incoming(), odd)));
    }
    try (Broker broker = open()) {
      assertThat(result(broker.range(TOPIC.incoming(), Position.START, 1)).getFirst().message())
          .isEqualTo(odd);
    }
  }

  @Test
  void a_reply_that_is_too_large_for_its_lane_is_refused_before_anything_is_written() {
    try (Broker broker = open("?bytes=1000")) {
      Message request =
          new Message(
              "id", "x", StreamKeys.replies("lane"), Headers.NONE, "", Payload.text("asked"));
      append(broker, List.of(new Append(TOPIC.incoming(), request)));
      Delivery held = take(broker, "g", 1).getFirst();
      Message reply = request.reply(Headers.NONE, "", Payload.text("y".repeat(2_000)));
      Append large = new Append(new StreamRef.At(request.destination()), reply);
      assertThatThrownBy(() -> result(held.complete(List.of(large))))
          .hasCauseInstanceOf(BadMessage.class);
      assertThat(result(held.complete(List.of()))).isTrue();
    }
  }

  @Test
  void a_tail_that_joins_while_an_entry_is_on_its_way_to_the_disk_sees_it() {
    try (Broker broker = open()) {
      for (int i = 0; i < 20; i++) {
        Topic topic = Topic.of("t" + i);
        List<String> seen = new CopyOnWriteArrayList<>();
        result(
            CompletableFuture.supplyAsync(
                    () -> {
                      Lane lane = broker.openLane(loop, topic.toString(), replies -> {});
                      CompletionStage<List<String>> asked =
                          lane.append(List.of(new Append(topic.incoming(), message("x"))));
                      broker
                          .tail(
                              topic.incoming(),
                              Position.START,
                              batch -> batch.forEach(entry -> seen.add(entry.id())))
                          .request(10);
                      return asked;
                    },
                    loop)
                .thenCompose(appended -> appended));
        await().until(() -> seen.size() == 1);
      }
    }
  }

  @Test
  void an_answer_that_is_too_large_to_be_kept_keeps_no_file() {
    try (Broker broker = open("?segment=262144&keep=0s&history=4&answers=1000")) {
      for (int i = 0; i < 80; i++) {
        append(broker, "x".repeat(50_000));
        Note note = new Note("answers", "k", message("n".repeat(2_000)), HOUR);
        List<Note> notes = i == 3 ? List.of(note) : List.of();
        result(take(broker, "g", 1).getFirst().complete(new Completion(List.of(), notes)));
      }
      await().until(() -> segments() <= 8);
    }
  }

  @Test
  void a_burst_that_is_history_keeps_no_file_however_often_it_is_opened() throws IOException {
    try (Broker broker = open("?segment=262144&keep=0s")) {
      append(broker, IntStream.range(0, 1_300).mapToObj(i -> withKey("", "" + i)).toList());
      take(broker, "g", 1_300).forEach(one -> result(one.complete(List.of())));
    }
    for (int i = 0; i < 5; i++) {
      open("?segment=262144&keep=0s").close();
    }
    assertThat(segments(folder())).hasSizeLessThan(4);
  }

  @Test
  void folders_that_cannot_be_used_are_refused_in_one_sentence() throws IOException {
    refuses("file:leat", "a path is absolute and names a folder, as in file:/var/lib/leat");
    refuses("file://host/leat", "a path is absolute");
    refuses("file:/", "a path is absolute");
    refuses("file:" + folder() + "?sync=never", "'sync' is always, or how often");
    refuses("file:" + folder() + "?segment=1", "'segment' is a number from 262144 to");
    refuses("file:" + folder() + "?sgement=1", "there is no option 'sgement'");
    Path file = Files.writeString(temporary.resolve("file"), "x");
    refuses("file:" + file, "is a file; name a folder");
    Files.createDirectories(folder());
    Files.writeString(folder().resolve("notes.txt"), "mine");
    refuses("file:" + folder(), "has something else in it ('notes.txt'): name an empty folder");
    assertThat(folder().resolve("notes.txt")).hasContent("mine");
    Files.delete(folder().resolve("notes.txt"));
    Files.writeString(folder().resolve(FileFolder.FORMAT_FILE), "leat file 3\n");
    refuses("file:" + folder(), "has the format 'leat file 3', and this version of Leat reads");
  }

  @Test
  void a_folder_that_is_in_use_is_shared_and_goes_on_with_those_who_are_left() {
    Broker first = open();
    append(first, "of the first");
    try (Broker second = open();
        Broker third = open()) {
      append(second, "of the second");
      assertThat(standing(first)).containsExactly("of the first", "of the second");
      List<Entry> seen = new CopyOnWriteArrayList<>();
      Subscription tail = third.tail(TOPIC.incoming(), Position.START, seen::addAll);
      tail.request(Integer.MAX_VALUE);
      await().until(() -> seen.size() == 2);
      first.close();
      await().ignoreExceptions().until(() -> !append(second, "of who is left").isEmpty());
      await().until(() -> seen.size() == 3);
      tail.close();
    }
    try (Broker again = open()) {
      assertThat(standing(again))
          .containsExactly("of the first", "of the second", "of who is left");
    }
  }

  @Test
  void what_waits_for_long_keeps_nothing_in_memory_that_came_after_it_and_outlives_its_file()
      throws IOException {
    String small = "?segment=262144&history=10&keep=0s&entries=50";
    List<String> late = new ArrayList<>();
    try (Broker broker = open(small)) {
      for (int i = 0; i < 300; i++) {
        append(broker, i + "-" + "x".repeat(9_000));
        Delivery taken = take(broker, "g", 1).getFirst();
        if (i % 100 == 0) {
          late.add(texts(List.of(taken)).getFirst());
          result(taken.release(HOUR));
        } else {
          result(taken.complete(List.of()));
        }
      }
      await().until(() -> segments() <= 8);
      assertThat(standing(broker)).containsAll(late).doesNotHaveDuplicates();
    }
    for (int again = 0; again < 2; again++) {
      try (Broker broker = open(small)) {
        assertThat(standing(broker)).containsAll(late).doesNotHaveDuplicates();
        StreamHealth health = result(broker.health(TOPIC.incoming()));
        assertThat(health.groups().getFirst().unfinished()).hasValue(3);
        append(broker, "another");
        result(take(broker, "g", 1).getFirst().complete(List.of()));
      }
    }
  }

  @Test
  void what_is_compacted_has_all_that_is_needed_and_nothing_else() throws IOException {
    List<String> left = new ArrayList<>();
    try (Broker broker = open("?segment=262144")) {
      for (int i = 0; i < 60; i++) {
        append(broker, i + "x".repeat(30_000));
        List<Delivery> taken = take(broker, "g", 1);
        if (i % 5 > 0) {
          result(taken.getFirst().complete(List.of()));
        } else {
          left.addAll(texts(taken));
        }
      }
      append(broker, "waits");
      assertThatThrownBy(() -> new FileTools().compact(folder()))
          .isInstanceOf(BadConfiguration.class)
          .hasMessageContaining("is in use by process " + ProcessHandle.current().pid());
    }
    left.add("waits");
    long before = bytes();
    assertThat(new FileTools().compact(folder()).summary())
        .startsWith(bytes() + " bytes in " + segments() + " files, ");
    assertThat(bytes()).isLessThan(before / 3).isLessThan(500_000);
    assertThat(new FileTools().check(folder()).faults()).isEmpty();
    long compacted = bytes();
    String again = new FileTools().compact(folder()).summary();
    assertThat(again).endsWith(compacted + " bytes before");
    try (Broker broker = open("?segment=262144")) {
      List<Delivery> taken = take(broker, "g", left.size());
      assertThat(texts(taken)).containsExactlyInAnyOrderElementsOf(left);
      assertThat(taken.getFirst().attempt()).isEqualTo(2);
    }
  }

  @Test
  void what_is_no_folder_of_a_broker_is_not_compacted() throws IOException {
    Files.createDirectories(folder());
    assertThatThrownBy(() -> new FileTools().compact(folder()))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("is not a folder of file:");
    assertThat(folder()).isEmptyDirectory();
  }

  private long bytes() throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files
          .filter(one -> one.toString().endsWith(".leatlog"))
          .mapToLong(FileBrokerTest::size)
          .sum();
    }
  }

  private static long size(Path file) {
    return file.toFile().length();
  }

  private void refuses(String url, String sentence) {
    assertThatThrownBy(() -> Brokers.open(url, loop).close())
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining(sentence);
  }

  private List<String> append(Broker broker, String... texts) {
    List<Append> batch =
        Stream.of(texts).map(text -> new Append(TOPIC.incoming(), message(text))).toList();
    return append(broker, batch);
  }

  private void appendWithKey(Broker broker, String key, String text) {
    Message message =
        new Message("id", "x", "", Headers.of(Headers.KEY, key), "", Payload.text(key + text));
    append(broker, List.of(new Append(TOPIC.incoming(), message)));
  }

  private List<String> append(Broker broker, List<Append> batch) {
    return result(
        CompletableFuture.supplyAsync(
                () -> {
                  Lane lane = broker.openLane(loop, "test", replies -> {});
                  return lane.append(batch);
                },
                loop)
            .thenCompose(appended -> appended));
  }

  private static List<Delivery> take(Broker broker, String group, int number) {
    return take(broker, TOPIC, group, number);
  }

  private static List<Delivery> take(Broker broker, Topic topic, String group, int number) {
    List<Delivery> held = new CopyOnWriteArrayList<>();
    broker
        .subscribe(Membership.of(topic, group, "m").withLease(HOUR), held::addAll)
        .request(number);
    await().until(() -> held.size() == number);
    return held;
  }

  private static List<String> texts(List<Delivery> held) {
    return held.stream().map(one -> one.message().payload().asText()).toList();
  }

  private static List<String> standing(Broker broker) {
    return result(broker.range(TOPIC.incoming(), Position.START, 100)).stream()
        .map(entry -> entry.message().payload().asText())
        .toList();
  }

  private static Message message(String text) {
    return new Message("id", "x", "", Headers.NONE, "", Payload.text(text));
  }

  private static <T> T result(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
  }

  private static Append withKey(String key, String text) {
    Headers headers = key.isEmpty() ? Headers.NONE : Headers.of(Headers.KEY, key);
    Payload payload = Payload.text(key + text);
    return new Append(TOPIC.incoming(), new Message("id", "x", "", headers, "", payload));
  }

  /** The folder as a crash would leave it at this moment. */
  private Path copy() throws IOException {
    Path to = Files.createDirectories(temporary.resolve("copy"));
    for (Path file : segments(folder())) {
      Files.copy(file, to.resolve(file.getFileName()));
    }
    Files.copy(folder().resolve(FileFolder.FORMAT_FILE), to.resolve(FileFolder.FORMAT_FILE));
    return to;
  }

  private static List<Path> segments(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".leatlog")).sorted().toList();
    }
  }

  private long segments() {
    try (Stream<Path> files = Files.list(folder())) {
      return files.filter(file -> file.toString().endsWith(".leatlog")).count();
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  private Path lastSegment() throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files
          .filter(file -> file.toString().endsWith(".leatlog"))
          .max(Comparator.naturalOrder())
          .orElseThrow();
    }
  }

  private @Nullable Path first;

  /** In place of what is the newest file, which is remembered. */
  private void write(byte[] bytes) throws IOException {
    try (FileChannel out = FileChannel.open(first(), StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.wrap(bytes), 0);
    }
  }

  private Path first() throws IOException {
    Path known = first;
    if (known == null) {
      known = lastSegment();
      first = known;
    }
    return known;
  }

  /** As it was, without what came since. */
  private void restore(byte[] whole) throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      for (Path file : files.filter(one -> one.toString().endsWith(".leatlog")).toList()) {
        if (!file.equals(first())) {
          Files.delete(file);
        }
      }
    }
    Files.write(first(), whole);
  }

  private static List<Frame> frames(byte[] bytes) {
    return Stream.iterate(
            Frame.at(bytes, 0), frame -> frame != null, frame -> Frame.at(bytes, frame.next()))
        .toList();
  }
}

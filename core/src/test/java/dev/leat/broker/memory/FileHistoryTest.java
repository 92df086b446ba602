package dev.leat.broker.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.BrokerUnavailable;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.Delivery;
import dev.leat.broker.Entry;
import dev.leat.broker.Lane;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.broker.ThreadLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept on the disk though nothing needs it. */
class FileHistoryTest {
  private static final Topic TOPIC = Topic.of("work");
  private static final String SMALL = "?segment=262144&history=10";
  private static final List<String> ALL = numbers(0, 3_000);

  @TempDir private Path temporary;
  private final ThreadLoop loop = new ThreadLoop("file-test", true);

  @AfterEach
  void endLoop() {
    loop.close();
  }

  @Test
  void what_is_completed_is_read_from_the_disk_page_by_page_also_after_a_start() {
    try (Broker broker = open(SMALL)) {
      complete(broker, ALL);
      assertThat(pages(broker, Position.START, 100)).isEqualTo(ALL);
      assertThat(pages(broker, Position.START, 100_000)).isEqualTo(ALL);
    }
    try (Broker broker = open(SMALL)) {
      assertThat(pages(broker, Position.START, 977)).isEqualTo(ALL);
      List<Entry> some = result(broker.range(TOPIC.incoming(), Position.START, 2_000));
      assertThat(pages(broker, Position.after(some.getLast().id()), 100))
          .isEqualTo(ALL.subList(2_000, 3_000));
      assertThat(pages(broker, Position.at(Instant.ofEpochMilli(some.get(1_500).at())), 100))
          .endsWith("2999")
          .contains("1500");
      assertThat(result(broker.range(TOPIC.incoming(), Position.NOW, 10))).isEmpty();
    }
  }

  @Test
  void who_reads_along_from_the_beginning_sees_what_is_kept_and_then_what_comes() {
    try (Broker broker = open(SMALL)) {
      complete(broker, ALL);
      List<String> seen = new CopyOnWriteArrayList<>();
      Subscription tail =
          broker.tail(TOPIC.incoming(), Position.START, batch -> seen.addAll(texts(batch)));
      assertThatThrownBy(() -> tail.request(0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("at least 1");
      tail.request(700);
      await().until(() -> seen.size() >= 700);
      assertThat(seen).isEqualTo(ALL.subList(0, 700));
      tail.request(Integer.MAX_VALUE);
      await().until(() -> seen.size() >= ALL.size());
      complete(broker, List.of("live"));
      await().until(() -> seen.contains("live"));
      tail.close();
      complete(broker, List.of("too late"));
      assertThat(seen.subList(0, ALL.size())).isEqualTo(ALL);
      assertThat(seen).hasSize(ALL.size() + 1);
    }
  }

  @Test
  void what_is_kept_is_bounded_by_bytes_and_by_age() {
    try (Broker broker = open(SMALL + "&keep-bytes=600000")) {
      complete(broker, ALL);
      await().until(() -> bytes() < 600_000 + 4 * 393_216);
      List<String> left = pages(broker, Position.START, 1_000);
      assertThat(left).isEqualTo(ALL.subList(ALL.size() - left.size(), ALL.size()));
      assertThat(left).hasSizeBetween(100, ALL.size() - 100);
    }
    try (Broker broker = open(SMALL + "&keep=0s")) {
      complete(broker, ALL);
      await().until(() -> bytes() < 4 * 393_216);
    }
  }

  @Test
  void what_was_trimmed_or_taken_out_is_not_shown_again() {
    try (Broker broker = open(SMALL)) {
      complete(broker, ALL);
      assertThat(result(broker.trim(TOPIC.incoming(), 3))).isPositive();
      assertThat(pages(broker, Position.START, 100)).containsExactly("2997", "2998", "2999");
    }
    try (Broker broker = open(SMALL)) {
      assertThat(pages(broker, Position.START, 100)).containsExactly("2997", "2998", "2999");
    }
  }

  @Test
  void a_copy_that_is_taken_at_work_is_opened_where_it_was_and_damage_is_found() throws Exception {
    Path folder = temporary.resolve("leat");
    FileTools tools = new FileTools();
    try (Broker broker = open(SMALL + "&keep-bytes=500000")) {
      Thread busy = Thread.ofVirtual().start(() -> complete(broker, ALL));
      for (int copy = 0; busy.isAlive() || copy < 3; copy++) {
        Path to = temporary.resolve("copy" + copy);
        assertThat(tools.backUp(folder, to).faults()).isEmpty();
        try (Broker opened = Brokers.open("file:" + to + SMALL, loop)) {
          List<String> there = pages(opened, Position.START, 500);
          int begin = there.isEmpty() ? 0 : Integer.parseInt(there.getFirst());
          assertThat(there).isEqualTo(ALL.subList(begin, begin + there.size()));
        }
        assertThat(tools.check(to).faults()).isEmpty();
      }
      busy.join();
    }
    assertThat(tools.check(folder).faults()).isEmpty();
    Path oldest = segments().getFirst();
    try (FileChannel out = FileChannel.open(oldest, StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.wrap(new byte[] {99}), 2_000);
    }
    assertThat(tools.check(folder).faults())
        .anyMatch(fault -> fault.contains(oldest.getFileName().toString()));
  }

  @Test
  void what_nothing_needs_is_not_read_at_a_start_and_damage_in_it_is_said_to_who_looks_at_it()
      throws IOException {
    try (Broker broker = open(SMALL)) {
      complete(broker, ALL);
    }
    Path oldest = segments().getFirst();
    try (FileChannel out = FileChannel.open(oldest, StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.wrap(new byte[] {99}), Frame.HEADER);
    }
    try (Broker broker = open(SMALL)) {
      assertThatThrownBy(() -> pages(broker, Position.START, 100))
          .hasCauseInstanceOf(BrokerUnavailable.class)
          .hasMessageContaining(oldest.getFileName().toString());
      complete(broker, List.of("it goes on"));
    }
  }

  private Broker open(String options) {
    return Brokers.open("file:" + temporary.resolve("leat") + options, loop);
  }

  /** Appends these, and has one group complete them. */
  private void complete(Broker broker, List<String> texts) {
    List<Delivery> held = new CopyOnWriteArrayList<>();
    try (Subscription member = broker.subscribe(Membership.of(TOPIC, "g", "m"), held::addAll)) {
      for (int i = 0; i < texts.size(); i += 100) {
        List<String> some = texts.subList(i, Math.min(i + 100, texts.size()));
        append(broker, some);
        member.request(some.size());
        await().until(() -> held.size() == some.size());
        List<CompletionStage<Boolean>> ends = new ArrayList<>();
        held.forEach(one -> ends.add(one.complete(List.of())));
        ends.forEach(end -> assertThat(result(end)).isTrue());
        held.clear();
      }
    }
  }

  private void append(Broker broker, List<String> texts) {
    List<Append> batch =
        texts.stream().map(text -> new Append(TOPIC.incoming(), message(text))).toList();
    result(
        CompletableFuture.supplyAsync(
                () -> {
                  Lane lane = broker.openLane(loop, "test", replies -> {});
                  return lane.append(batch);
                },
                loop)
            .thenCompose(appended -> appended));
  }

  private static List<String> pages(Broker broker, Position begin, int limit) {
    List<String> all = new ArrayList<>();
    Position from = begin;
    List<Entry> page;
    do {
      page = result(broker.range(TOPIC.incoming(), from, limit));
      assertThat(page).hasSizeLessThanOrEqualTo(limit);
      all.addAll(texts(page));
      from = page.isEmpty() ? from : Position.after(page.getLast().id());
    } while (!page.isEmpty());
    return all;
  }

  private static List<String> texts(List<Entry> entries) {
    return entries.stream().map(one -> one.message().payload().asText().strip()).toList();
  }

  private static Message message(String text) {
    return new Message("id", "x", "", Headers.NONE, "", Payload.text(text + " ".repeat(1_000)));
  }

  private static List<String> numbers(int from, int to) {
    return IntStream.range(from, to).mapToObj(Integer::toString).toList();
  }

  private static <T> T result(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
  }

  private List<Path> segments() throws IOException {
    try (Stream<Path> files = Files.list(temporary.resolve("leat"))) {
      return files.filter(file -> file.toString().endsWith(".leatlog")).sorted().toList();
    }
  }

  private long bytes() throws IOException {
    long bytes = 0;
    for (Path segment : segments()) {
      bytes += Files.exists(segment) ? Files.size(segment) : 0;
    }
    return bytes;
  }
}

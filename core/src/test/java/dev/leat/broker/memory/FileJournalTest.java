package dev.leat.broker.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.leat.BrokerUnavailable;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.BrokerUrl;
import dev.leat.broker.Delivery;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.broker.ThreadLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is not on the disk, and may never be: a journal that has not begun to write, or ended. */
class FileJournalTest {
  private static final Topic TOPIC = Topic.of("t");
  private static final int HISTORY = 10;

  /** Enough that what is older and still needed is set aside. */
  private static final int MANY = 200;

  private final ThreadLoop loop = new ThreadLoop("journal-test", true);
  private final BrokerUrl url;
  private final FileOptions options;
  private final FileFolder folder;
  private FileJournal journal;
  private MemoryBroker broker;

  FileJournalTest(@TempDir Path temporary) {
    url = BrokerUrl.parse("file:" + temporary + "/leat?segment=262144&keep=0s&history=" + HISTORY);
    options = FileOptions.of(url);
    folder = Objects.requireNonNull(FileFolder.open(options.path(), options.least()));
  }

  @BeforeEach
  void open() {
    journal = new FileJournal(folder, options);
    broker = new MemoryBroker(Limits.ofFile(url), loop, journal);
  }

  @AfterEach
  void close() {
    broker.close();
    loop.close();
  }

  @Test
  void nothing_is_shown_that_is_not_on_the_disk_nor_what_was_set_aside() {
    List<Delivery> taken = new CopyOnWriteArrayList<>();
    Subscription member =
        broker.subscribe(
            Membership.of(TOPIC, "g", "m").withLease(Duration.ofHours(1)), taken::addAll);
    member.request(MANY);
    for (int i = 0; i < MANY; i++) {
      append("of many");
    }
    await().until(() -> taken.size() == MANY);
    taken.stream().skip(1).forEach(one -> one.complete(List.of()));
    append("the last");

    long left = result(broker.health(TOPIC.incoming())).length().orElseThrow();
    assertThat(left).as("the first is set aside").isBetween(2L, HISTORY + 2L);
    assertThat(result(broker.range(TOPIC.incoming(), Position.START, MANY))).isEmpty();
  }

  @Test
  void what_has_its_place_when_nothing_more_is_written_may_be_there() throws IOException {
    journal.start(broker, 0, 1);
    result(append("there"));
    journal.close();

    assertThat(failure(journal.after(journal.position() + 1, true)))
        .isInstanceOfSatisfying(
            BrokerUnavailable.class, midst -> assertThat(midst.isUncertain()).isTrue());
    assertThat(failure(append("too late")))
        .isInstanceOfSatisfying(
            BrokerUnavailable.class, refused -> assertThat(refused.isUncertain()).isFalse());
  }

  @Test
  void a_file_stays_until_it_stands_on_the_disk_that_nobody_needs_it() throws IOException {
    SegmentTable segments = new SegmentTable();
    SegmentFiles files = new SegmentFiles(folder, options, segments, () -> 2, () -> 0, gone -> {});
    for (int segment = 1; segment <= 2; segment++) {
      segments.isThere(segment);
      folder.begin(segment, folder.spare(options.allocated())).close();
    }
    assertThat(segments.unneeded(2)).containsExactly(1);

    files.makeNext();
    assertThat(files.hasNext()).isTrue();
    assertThat(folder.segments()).containsKeys(1, 2);

    files.deleteBefore(1);
    assertThat(folder.segments()).containsKeys(1, 2);

    files.deleteBefore(2);
    assertThat(folder.segments()).containsOnlyKeys(2);
    files.end();
  }

  private CompletionStage<List<String>> append(String text) {
    Message message = new Message("id", "x", "", Headers.NONE, "", Payload.text(text));
    return broker.append(List.of(new Append(TOPIC.incoming(), message)));
  }

  private static @Nullable Throwable failure(CompletionStage<?> stage) {
    Throwable failure = catchThrowable(() -> result(stage));
    return failure instanceof CompletionException ? failure.getCause() : failure;
  }

  private static <T> T result(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
  }
}

package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.trail.Replay;
import dev.leat.trail.ReplayListener;
import dev.leat.trail.ReplayPlan;
import dev.leat.trail.Replays;
import dev.leat.trail.Trail.Ending.Replied;
import dev.leat.trail.TrailReader;
import dev.leat.wire.Redaction;
import dev.leat.wire.ReplyComparison;
import dev.leat.wire.ReplyComparison.Difference;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileReplayTest {
  private final List<String> again = new CopyOnWriteArrayList<>();
  @TempDir private Path folder;

  @Test
  void a_replay_goes_on_after_the_process_that_had_the_folder_was_started_anew() {
    String id;
    try (Leat leat = Leat.connect("file:" + folder)) {
      serve(leat);
      for (int i = 0; i < 50; i++) {
        leat.caller().call("t", "work", Payload.text("x" + i), String.class, Duration.ofSeconds(5));
      }
      Instant now = InstantSource.system().instant();
      ReplayPlan plan = ReplayPlan.of(Topic.of("t"), now.minusSeconds(60), now.plusSeconds(60));
      AtomicInteger looked = new AtomicInteger();
      try (Replay replay = new Replays(leat.broker()).prepare(plan, "ada")) {
        id = replay.id();
        assertThat(run(replay, looked, 20).isStopped()).isTrue();
      }
      until("what was sent is done", () -> isIdle(leat));
    }
    assertThat(again).isNotEmpty().hasSizeLessThan(50);
    try (Leat leat = Leat.connect("file:" + folder)) {
      serve(leat);
      try (Replay replay = new Replays(leat.broker()).find(id, "bob")) {
        assertThat(run(replay, new AtomicInteger(), Integer.MAX_VALUE).sent()).isEqualTo(50);
      }
      until("all were sent", () -> again.size() >= 50 && isIdle(leat));
    }
    assertThat(again).hasSize(50).doesNotHaveDuplicates();
  }

  @Test
  void what_was_answered_before_a_restart_is_told_and_compared_with() {
    List<Message> asked = new ArrayList<>();
    try (Leat leat = Leat.connect("file:" + folder)) {
      serve(leat);
      for (int i = 0; i < 3; i++) {
        leat.caller().call("t", "work", Payload.text("x" + i), String.class, Duration.ofSeconds(5));
      }
      StreamRef incoming = Topic.of("t").incoming();
      Awaiting.result(leat.broker().range(incoming, Position.START, 10))
          .forEach(entry -> asked.add(entry.message()));
    }
    try (Leat leat = Leat.connect("file:" + folder)) {
      leat.worker("t").on("work", String.class, (text, request) -> text.replace('1', 'y')).start();
      TrailReader trails = new TrailReader(leat.broker());
      assertThat(asked).hasSize(3).allSatisfy(request -> isAnsweredWithItself(trails, request));
      Instant now = InstantSource.system().instant();
      ReplayPlan plan =
          ReplayPlan.of(Topic.of("t"), now.minusSeconds(60), now.plusSeconds(60)).comparing();
      List<Difference> differences = new ArrayList<>();
      try (Replay replay = new Replays(leat.broker()).prepare(plan, "ada")) {
        Replay.Result result =
            replay.run(
                ReplyComparison.OF_ALL,
                Redaction.NONE,
                new ReplayListener() {
                  @Override
                  public void onDifference(
                      String recordedId, String type, Message reply, List<Difference> all) {
                    differences.addAll(all);
                  }
                },
                () -> false);
        assertThat(result).isEqualTo(new Replay.Result(3, 0, 2, 1, 0, false));
      }
      assertThat(differences)
          .containsExactly(new Difference("", Optional.of("x1"), Optional.of("xy")));
    }
  }

  private static void isAnsweredWithItself(TrailReader trails, Message request) {
    assertThat(trails.of(request.id()))
        .hasValueSatisfying(
            trail ->
                assertThat(trail.ending())
                    .isInstanceOfSatisfying(
                        Replied.class,
                        replied ->
                            assertThat(replied.reply().payload()).isEqualTo(request.payload())));
  }

  private static Replay.Result run(Replay replay, AtomicInteger looked, int most) {
    return replay.run(
        ReplyComparison.OF_ALL,
        Redaction.NONE,
        new ReplayListener() {},
        () -> looked.incrementAndGet() > most);
  }

  private void serve(Leat leat) {
    leat.worker("t")
        .on(
            "work",
            String.class,
            (text, request) -> {
              request.header(Headers.REPLAY).ifPresent(replay -> again.add(text));
              return text;
            })
        .start();
  }

  private static boolean isIdle(Leat leat) {
    return Awaiting.result(leat.broker().health(Topic.of("t").incoming())).groups().stream()
        .allMatch(group -> group.unfinished().orElse(0) == 0);
  }
}

package dev.leat.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.redis.RedisServerProcess;
import dev.leat.testkit.Awaiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Processes that die while they are at work. */
class KilledWorkerTest {
  private static final int REQUESTS = 100;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final List<Child> workers = new ArrayList<>();

  @AfterEach
  void stop() {
    workers.forEach(Child::close);
    redis.close();
  }

  @Test
  void the_others_answer_what_a_killed_worker_had_begun() {
    Child doomed = startWorker();
    startWorker();
    startWorker();
    try (Leat leat = Leat.connect(redis.url())) {
      List<CompletableFuture<String>> answers = callAll(leat);
      assertThat(doomed.line()).startsWith("begun");
      doomed.close();

      List<String> texts = answers.stream().map(CompletableFuture::join).toList();

      assertThat(texts)
          .extracting(text -> text.substring(0, text.indexOf(' ')))
          .isEqualTo(IntStream.range(0, REQUESTS).mapToObj(Integer::toString).toList());
      assertThat(texts)
          .as("some were begun by the one that was killed")
          .anyMatch(t -> t.endsWith(" 2"));
      Awaiting.until("nothing is pending", () -> pending(leat) == 0);
    }
  }

  private List<CompletableFuture<String>> callAll(Leat leat) {
    return IntStream.range(0, REQUESTS)
        .mapToObj(
            i ->
                leat.caller()
                    .callAsync(SlowWorker.TOPIC, SlowWorker.TYPE, "" + i, String.class, PATIENCE)
                    .toCompletableFuture())
        .toList();
  }

  private static long pending(Leat leat) {
    StreamRef stream = Topic.of(SlowWorker.TOPIC).incoming();
    return Awaiting.result(leat.broker().health(stream))
        .groups()
        .getFirst()
        .pending()
        .orElseThrow();
  }

  private Child startWorker() {
    Child worker = Child.start(SlowWorker.class, redis.url());
    workers.add(worker);
    assertThat(worker.line()).isEqualTo("ready");
    return worker;
  }
}

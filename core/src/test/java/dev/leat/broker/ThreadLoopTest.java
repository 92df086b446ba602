package dev.leat.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ThreadLoopTest {
  /** Of what is given while it is closed some was dropped without a word, a few in a thousand. */
  @Test
  void what_is_given_while_it_closes_is_done_or_refused() throws InterruptedException {
    for (int round = 0; round < 500; round++) {
      ThreadLoop loop = new ThreadLoop("closing", true);
      AtomicInteger given = new AtomicInteger();
      AtomicInteger done = new AtomicInteger();
      CountDownLatch ready = new CountDownLatch(2);
      List<Thread> givers =
          IntStream.range(0, 2).mapToObj(i -> giver(loop, ready, given, done)).toList();
      ready.await();
      loop.close();
      for (Thread giver : givers) {
        assertThat(giver.join(Duration.ofSeconds(10))).isTrue();
      }
      assertThat(loop.awaitEnd(10, TimeUnit.SECONDS)).isTrue();
      assertThat(done).as("round %d", round).hasValue(given.get());
    }
  }

  private static Thread giver(
      ThreadLoop loop, CountDownLatch ready, AtomicInteger given, AtomicInteger done) {
    return Thread.startVirtualThread(
        () -> {
          ready.countDown();
          try {
            while (true) {
              loop.execute(done::incrementAndGet);
              given.incrementAndGet();
            }
          } catch (RejectedExecutionException ended) {
            // As it should be.
          }
        });
  }
}

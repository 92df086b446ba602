package dev.leat.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** That the load does not wait for a server that stands still, and counts what waits for it. */
class OpenLoopTest {
  private static final int RATE = 200;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void a_stall_of_a_second_is_seen_by_all_that_were_due_meanwhile() {
    AtomicInteger asked = new AtomicInteger();
    int port = serve(() -> asked.incrementAndGet() == RATE, Duration.ofSeconds(1));

    OpenLoop.Result result = new OpenLoop(port, "/echo", "{}", 16).run(RATE, Duration.ofSeconds(4));

    assertThat(result.failures()).isZero();
    assertThat(result.latencies().getTotalCount()).isEqualTo(4 * RATE);
    long longest = result.latencies().getMaxValue();
    assertThat(longest).isGreaterThan(900_000);
    // A second of four was due while it stood still: a quarter of all, half of them over 0.5 s. On
    // a machine that stands still as well it is longer, and no more than were due in that time.
    assertThat(result.latencies().getCountBetweenValues(500_000, Long.MAX_VALUE / 2))
        .isBetween(RATE / 4L, RATE * longest / 1_000_000);
  }

  @Test
  void what_is_refused_or_breaks_off_is_counted_as_failed() {
    int port = serve(() -> false, Duration.ZERO);

    assertThat(new OpenLoop(port, "/broken", "{}", 4).run(RATE, Duration.ofSeconds(1)).failures())
        .isEqualTo(RATE);
  }

  /** A server with one thread, that stands still once. */
  private int serve(BooleanSupplier isToStall, Duration stall) {
    return vertx
        .createHttpServer()
        .requestHandler(
            request -> {
              if (isToStall.getAsBoolean()) {
                long until = System.nanoTime() + stall.toNanos();
                while (System.nanoTime() < until) {
                  LockSupport.parkNanos(until - System.nanoTime());
                }
              }
              if (request.path().equals("/broken")) {
                request.response().setStatusCode(500).end("no");
              } else {
                request.response().end("ok");
              }
            })
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .join()
        .actualPort();
  }
}

package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Message;
import dev.leat.gateway.route.Route;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Five times as much as the workers can do, at a rate that does not wait for answers. */
class OverloadTest extends GatewayFixture {
  private static final int SECONDS = 8;

  /** One handler at a time, of 25 ms each, does 40 a second at most. */
  private static final int RATE = 200;

  @Test
  void of_what_is_accepted_under_overload_99_percent_meet_their_deadline_though_others_listen() {
    leat.worker("slow")
        .concurrency(1)
        .on("slow", Message.class, (message, request) -> slowly())
        .start();
    leat.worker("slow")
        .group("audit")
        .listening()
        .onOneWay("slow", Message.class, (message, request) -> {})
        .start();
    listen(Route.get("/slow", "slow", "slow").timeout(Duration.ofSeconds(2)));
    HttpRequest request = to("/slow").build();
    for (int i = 0; i < 20; i++) {
      assertThat(get("/slow").statusCode()).isEqualTo(200);
    }
    List<CompletableFuture<HttpResponse<String>>> sent = new ArrayList<>();
    long begin = System.nanoTime();
    for (int i = 0; i < RATE * SECONDS; i++) {
      long due = begin + i * (1_000_000_000L / RATE);
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      sent.add(http.sendAsync(request, BodyHandlers.ofString()));
    }

    List<HttpResponse<String>> answers = sent.stream().map(CompletableFuture::join).toList();
    long refused = answers.stream().filter(a -> a.statusCode() == 503).count();
    long done = answers.stream().filter(a -> a.statusCode() == 200).count();
    long late = answers.stream().filter(a -> a.statusCode() == 504).count();
    assertThat(refused + done + late).isEqualTo(answers.size());
    assertThat(done).as("of %d, %d were refused", answers.size(), refused).isPositive();
    assertThat(late)
        .as("late, where %d were in time and %d refused", done, refused)
        .isLessThanOrEqualTo((done + late) / 100);
    assertThat(answers)
        .filteredOn(answer -> answer.statusCode() == 503)
        .isNotEmpty()
        .allMatch(answer -> answer.headers().firstValue("retry-after").isPresent());
  }

  private static String slowly() throws InterruptedException {
    boolean unused = new CountDownLatch(1).await(25, TimeUnit.MILLISECONDS);
    return "done";
  }
}

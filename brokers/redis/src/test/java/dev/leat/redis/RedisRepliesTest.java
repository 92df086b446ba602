package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadReply;
import dev.leat.DeadlineExceeded;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Topic;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What workers of other makes answer, entry by entry. */
class RedisRepliesTest {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final String STREAM = StreamKeys.of(Topic.of("raw").incoming());

  private final RedisServerProcess redis = RedisServerProcess.shared(RedisServerProcess.CURRENT);
  private final RedisClient client = new RedisClient(redis.port());
  private final Leat leat = Leat.connect(redis.url());

  @AfterEach
  void stop() {
    leat.close();
    client.send("DEL", STREAM);
    client.close();
  }

  @Test
  void numbers_and_booleans_in_headers_are_their_text() {
    CompletableFuture<Message> call = call();
    answer("{\"status\":201,\"x\":true}", "text", "made");

    assertThat(result(call).headers().get("status")).contains("201");
    assertThat(result(call).headers().get("x")).contains("true");
  }

  @Test
  void a_reply_that_breaks_the_protocol_is_a_failure_at_once() {
    CompletableFuture<Message> one = call();
    answer("[]", "text", "made");
    assertThatThrownBy(() -> result(one))
        .isInstanceOf(BadReply.class)
        .hasMessage("the reply breaks the protocol: the headers are not a JSON object of strings");

    CompletableFuture<Message> two = call();
    answer("nil", "xml", "made");
    assertThatThrownBy(() -> result(two)).isInstanceOf(BadReply.class);
  }

  @Test
  void a_reply_that_nobody_waits_for_or_whose_id_cannot_be_read_troubles_nobody() {
    CompletableFuture<Message> call = call();
    List<String> request = request();
    reply(request.get(2), "somebody-else", "[]", "text", "made");
    reply(request.get(2), "", "[]", "text", "made");
    client.append(request.get(2), "a", "b");
    answer("nil", "text", "made");

    assertThat(result(call).payload().size()).isEqualTo(4);
  }

  @Test
  void of_a_request_that_is_gone_it_is_not_said_that_no_worker_had_it() {
    CompletableFuture<Message> call =
        leat.caller()
            .callAsync("raw", "t", "please", Message.class, Duration.ofMillis(500))
            .toCompletableFuture();
    request();
    client.send("DEL", STREAM);

    assertThatThrownBy(() -> result(call))
        .isInstanceOfSatisfying(
            DeadlineExceeded.class,
            late -> assertThat(late.begun()).isNotEqualTo(DeadlineExceeded.Begun.NO));
  }

  private CompletableFuture<Message> call() {
    return leat.caller().callAsync("raw", "t", "please", Message.class, LONG).toCompletableFuture();
  }

  /** Answers the one request there is, which goes with it. */
  private void answer(String headers, String encoding, String payload) {
    List<String> request = request();
    reply(request.get(2), request.get(0), headers, encoding, payload);
    client.send("XTRIM", STREAM, "MAXLEN", "0");
  }

  private List<String> request() {
    until("the request is there", () -> !client.entries(STREAM).isEmpty());
    return client.entries(STREAM).getLast();
  }

  private void reply(
      String destination, String id, String headers, String encoding, String payload) {
    client.append(
        destination, id, "resp", "", headers, encoding, "tester", "UnoccupiedField", payload);
  }
}

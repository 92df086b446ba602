package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadConfiguration;
import dev.leat.BrokerUnavailable;
import dev.leat.broker.BrokerUrl;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RedisConnectionTest {
  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();

  @AfterEach
  void close() {
    result(vertx.close().toCompletionStage());
  }

  @Test
  void commands_are_answered_in_order_whatever_their_kind_and_size() {
    try (RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT)) {
      RedisConnection connection = connect(redis.url());
      byte[] large = new byte[1 << 20];
      IntStream.range(0, large.length).forEach(i -> large[i] = (byte) i);

      assertThat(send(connection, Command.of("SET", "k").and(List.of(large))).text())
          .isEqualTo("OK");
      assertThat(send(connection, Command.of("GET", "k")).bytes()).isEqualTo(large);
      assertThat(send(connection, Command.of("GET", "none"))).isEqualTo(new Resp.Nil());
      assertThat(send(connection, Command.of("INCR", "n")).number()).isEqualTo(1);
      assertThat(send(connection, Command.of("KEYS", "none*")).items()).isEmpty();
      assertThatThrownBy(() -> send(connection, Command.of("INCR", "k")))
          .isInstanceOf(RedisFailure.class)
          .hasMessageContaining("not an integer");

      List<CompletableFuture<Resp>> many =
          onLoop(
              () ->
                  IntStream.range(0, 2000)
                      .mapToObj(i -> connection.send(Command.of("ECHO", "" + i)))
                      .map(answer -> answer.toCompletionStage().toCompletableFuture())
                      .toList());
      for (int i = 0; i < many.size(); i++) {
        assertThat(result(many.get(i)).text()).isEqualTo("" + i);
      }
    }
  }

  @Test
  void commands_that_are_sent_together_are_all_done_or_none_and_leave_other_answers_in_order() {
    try (RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT)) {
      RedisConnection connection = connect(redis.url());
      Command word = Command.of("SET", "word", "x");
      List<Resp> done =
          together(connection, List.of(word, Command.of("INCR", "word"), Command.of("INCR", "n")));
      assertThat(done.get(0).text()).isEqualTo("OK");
      assertThat(done.get(1)).as("fails by itself").isInstanceOf(Resp.Failure.class);
      assertThat(done.get(2).number()).isEqualTo(1);

      List<Command> wrong = List.of(Command.of("INCR", "n"), Command.of("GET"));
      assertThatThrownBy(() -> together(connection, wrong))
          .isInstanceOf(RedisFailure.class)
          .hasMessageContaining("wrong number of arguments for 'get'");
      assertThat(send(connection, Command.of("GET", "n")).text()).isEqualTo("1");
    }
  }

  @Test
  void what_is_under_way_when_the_connection_is_lost_fails_and_the_next_works() {
    try (RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT)) {
      RedisConnection connection = connect(redis.url());
      CompletableFuture<Resp> waiting =
          onLoop(() -> connection.send(Command.of("BLPOP", "none", "0")))
              .toCompletionStage()
              .toCompletableFuture();
      redis.restart();

      assertThatThrownBy(() -> result(waiting)).isInstanceOf(RedisLost.class);
      until(
          "it is connected again",
          () -> {
            try {
              return send(connection, Command.of("PING")).text().equals("PONG");
            } catch (BrokerUnavailable notYet) {
              return false;
            }
          });
    }
  }

  @Test
  void user_password_and_database_are_taken_from_the_url_and_never_shown() {
    try (RedisServerProcess redis =
        RedisServerProcess.start(RedisServerProcess.CURRENT, "--requirepass", "s3cret")) {
      String address = "127.0.0.1:" + redis.port();

      assertThat(
              send(connect("redis://:s3cret@" + address + "/3"), Command.of("CLIENT", "LIST"))
                  .text())
          .contains(" db=3 ");
      assertThat(send(connect("redis://default:s3cret@" + address), Command.of("PING")).text())
          .isEqualTo("PONG");
      assertThatThrownBy(() -> connect("redis://:wr0ng@" + address))
          .isInstanceOf(BrokerUnavailable.class)
          .hasMessageContaining("redis://***@" + address)
          .hasMessageNotContaining("wr0ng");
    }
  }

  @Test
  void no_server_and_a_wrong_url_are_one_sentence() {
    assertThatThrownBy(() -> connect("redis://127.0.0.1:1"))
        .isInstanceOfSatisfying(
            BrokerUnavailable.class, away -> assertThat(away.isUncertain()).isFalse())
        .hasMessage(
            "redis://127.0.0.1:1: no Redis server answers there; start one, or name another");
    assertThatThrownBy(() -> Server.of(BrokerUrl.parse("redis:")))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("a host is missing");
    assertThatThrownBy(() -> Server.of(BrokerUrl.parse("redis://h/x")))
        .hasMessageContaining("the number of a database");
  }

  private List<Resp> together(RedisConnection connection, List<Command> commands) {
    return result(onLoop(() -> connection.sendTogether(commands)).toCompletionStage());
  }

  private RedisConnection connect(String url) {
    RedisConnection connection =
        new RedisConnection(vertx, context, Server.of(BrokerUrl.parse(url)));
    result(onLoop(connection::connect).toCompletionStage());
    return connection;
  }

  private Resp send(RedisConnection connection, Command command) {
    Future<Resp> answer = onLoop(() -> connection.send(command));
    return result(answer.toCompletionStage());
  }

  private <T> T onLoop(Supplier<T> action) {
    CompletableFuture<T> made = new CompletableFuture<>();
    context.runOnContext(turn -> made.complete(action.get()));
    return result(made);
  }
}

package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.stays;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BrokerUnavailable;
import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.StreamRef;
import dev.leat.broker.Append;
import dev.leat.broker.BrokerUrl;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a connection does when its session is lost, and what it leaves behind at the server. */
class RedisReconnectTest {
  private static final String PASSWORD = "s3cret";

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final RedisServerProcess redis =
      RedisServerProcess.start(RedisServerProcess.CURRENT, "--requirepass", PASSWORD);
  private final FaultProxy way = new FaultProxy(redis.port());

  @AfterEach
  void stop() {
    result(vertx.close().toCompletionStage());
    way.close();
    redis.close();
  }

  @Test
  void where_who_comes_is_thrown_out_for_a_while_one_attempt_follows_the_other() {
    RedisConnection connection = connected(0);
    way.slam(true);
    way.cut();
    // Twice, so that whoever would still come had to come soon.
    until("it has tried twice", () -> way.visits() >= 3);
    way.slam(false);
    until("it is back", () -> isConnected(connection));

    int visits = way.visits();
    stays(
        "it is content with that",
        Duration.ofMillis(1_500),
        () -> way.visits() == visits && way.connections() == 1);
  }

  @Test
  void a_password_that_is_changed_for_a_while_leaves_one_session_whose_answers_are_its_own() {
    RedisConnection connection = connected(0);
    send(connection, Command.of("CONFIG", "SET", "requirepass", "another"));
    way.cut();
    until("it was refused five times", () -> way.visits() >= 6);
    assertThatThrownBy(() -> send(connection, Command.of("PING")))
        .isInstanceOf(BrokerUnavailable.class);
    asAdministrator("another", "CONFIG", "SET", "requirepass", PASSWORD);
    until("it is back", () -> isConnected(connection));

    List<CompletableFuture<Resp>> many =
        onLoop(
            () ->
                IntStream.range(0, 1_000)
                    .mapToObj(i -> connection.send(Command.of("ECHO", "" + i)))
                    .map(answer -> answer.toCompletionStage().toCompletableFuture())
                    .toList());
    for (int i = 0; i < many.size(); i++) {
      assertThat(result(many.get(i)).text()).isEqualTo("" + i);
    }
    stays(
        "there is one session",
        Duration.ofMillis(300),
        () -> way.connections() == 1 && clients(connection) == 1);
  }

  @Test
  void nothing_is_sent_before_it_is_certain_who_asks_and_which_database_is_meant() {
    RedisConnection connection = connected(3);
    int visits = way.visits();
    // The answer to AUTH, and all that follows it.
    way.keep(answer -> answer.startsWith("+OK"));
    way.cut();
    until("the server has answered who comes anew", () -> way.visits() > visits && way.keeps());
    assertThatThrownBy(() -> send(connection, Command.of("SET", "early", "x")))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessageContaining("not connected");
    way.give();
    until("it is back", () -> isConnected(connection));

    send(connection, Command.of("SET", "late", "x"));
    assertThat(asAdministrator(PASSWORD, "DBSIZE").number()).as("keys in database 0").isZero();
    assertThat(send(connection, Command.of("DBSIZE")).number()).isEqualTo(1);
  }

  @Test
  void what_a_network_held_back_until_it_was_made_again_has_no_effect_any_more() {
    RedisConnection connection = connected(0, 200);
    Appends appends = new Appends(new IoLoop(vertx, context), connection);
    result(onLoop(() -> appends.append(messages(1))));
    way.delay();
    List<String> ids = result(onLoop(() -> appends.append(messages(50))));
    assertThat(ids).hasSize(50).doesNotContain("");
    way.arrive();

    stays(
        "each stands once",
        Duration.ofMillis(500),
        () -> send(connection, Command.of("XLEN", "s")).number() == 51);
    assertThat(clients(connection)).as("the old session has ended").isEqualTo(1);
  }

  @Test
  void a_user_who_may_not_end_sessions_works_all_the_same() {
    asAdministrator(PASSWORD, "ACL", "SETUSER", "poor", "on", ">pw", "~*", "+@all", "-client");
    RedisConnection connection = connection("redis://poor:pw@" + address() + "/0");
    result(onLoop(connection::connect).toCompletionStage());
    CountDownLatch back = new CountDownLatch(1);
    onLoop(
        () -> {
          connection.onConnected(back::countDown);
          return true;
        });
    way.cut();
    // It may not have noticed yet that it was cut, and say that it is connected.
    until("it is back", () -> back.getCount() == 0 && isConnected(connection));
    assertThat(send(connection, Command.of("PING")).text()).isEqualTo("PONG");
  }

  private static List<Append> messages(int number) {
    return IntStream.range(0, number)
        .mapToObj(i -> Payload.of(Encoding.TEXT, new byte[10]))
        .map(payload -> new Message("m" + System.nanoTime(), "t", "", Headers.NONE, "", payload))
        .map(message -> new Append(new StreamRef.At("s"), message))
        .toList();
  }

  private String address() {
    return way.url().substring("redis://".length());
  }

  private RedisConnection connected(int database) {
    return connected(database, RedisConnection.PATIENCE);
  }

  private RedisConnection connected(int database, long patience) {
    RedisConnection connection =
        connection("redis://:" + PASSWORD + "@" + address() + "/" + database);
    connection.patience(patience);
    result(onLoop(connection::connect).toCompletionStage());
    return connection;
  }

  private RedisConnection connection(String url) {
    return new RedisConnection(vertx, context, Server.of(BrokerUrl.parse(url)));
  }

  /** Sessions of this user, past the proxy; the one that asks included. */
  private int clients(RedisConnection connection) {
    return (int) send(connection, Command.of("CLIENT", "LIST")).text().lines().count();
  }

  private Resp asAdministrator(String password, String... words) {
    RedisConnection own = connection("redis://:" + password + "@127.0.0.1:" + redis.port());
    try {
      result(onLoop(own::connect).toCompletionStage());
      return send(own, Command.of(words));
    } finally {
      onLoop(
          () -> {
            own.close();
            return true;
          });
    }
  }

  private boolean isConnected(RedisConnection connection) {
    return onLoop(connection::isConnected);
  }

  private Resp send(RedisConnection connection, Command command) {
    return result(onLoop(() -> connection.send(command)).toCompletionStage());
  }

  private <T> T onLoop(Supplier<T> action) {
    CompletableFuture<T> made = new CompletableFuture<>();
    context.runOnContext(turn -> made.complete(action.get()));
    return result(made);
  }
}

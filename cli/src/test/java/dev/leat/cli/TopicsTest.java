package dev.leat.cli;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.Topic;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.Route;
import dev.leat.redis.RedisClient;
import dev.leat.redis.RedisServerProcess;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TopicsTest {
  private record Order(String id) {}

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final Leat leat = Leat.connect(redis.url());
  private final RedisClient client = new RedisClient(redis.port());
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @AfterEach
  void stop() {
    leat.close();
    client.close();
    redis.close();
  }

  @Test
  void where_there_is_nothing_that_is_said() {
    assertThat(run("topics")).isZero();
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString()).startsWith("There is no topic yet");
  }

  @Test
  void each_topic_says_who_reads_it_what_waits_and_which_routes_lead_to_it() {
    leat.worker("orders")
        .on("order.create", Order.class, (order, request) -> order)
        .on("order.get", String.class, (id, request) -> new Order(id))
        .start();
    leat.worker("orders")
        .group("audit")
        .listening()
        .onOneWay("order.create", Order.class, (order, request) -> {})
        .start();
    client.startGroup("theirs::DEFAULT::CONSUMER_INCOMING", "g");
    client.append("theirs::DEFAULT::CONSUMER_INCOMING", "a", "b");
    leat.caller().send("unread", "x", Payload.text("x"));
    try (LeatGateway gateway =
        LeatGateway.on(leat)
            .route(Route.of("POST", "/orders", "orders", "order.create"))
            .listen("127.0.0.1", 0)) {
      until("all are known", () -> result(leat.broker().participants()).size() == 3);
      assertThat(run("topics")).isZero();
      assertThat(out.toString().lines())
          .containsExactly(
              "orders",
              "  audit: members 1, waiting 0, at work 0, only listens; order.create(Order)",
              "  workers: members 1, waiting 0, at work 0; order.create(Order), order.get(String)",
              "  POST /orders -> order.create",
              "theirs",
              "  g: members 0, waiting 1, at work 0",
              "unread",
              "  no group has ever read it; 1 messages stand in it");
      assertThat(gateway.port()).isPositive();
    }
    until("the gateway has left", () -> result(leat.broker().participants()).size() == 2);
    assertThat(run("topics", "--json")).isZero();
    assertThat(out.toString().lines()).hasSize(3);
    assertThat(out.toString())
        .contains("{\"topic\":\"orders\"", "\"types\":{\"order.create\":\"Order\"")
        .contains("\"group\":\"audit\",\"answers\":false", "\"routes\":[]")
        .contains("\"topic\":\"theirs\"", "\"waiting\":1");
  }

  @Test
  void who_is_gone_without_a_word_is_forgotten() {
    Topic topic = Topic.of("orders");
    client.answer(
        "HSET",
        "leat::PARTICIPANTS",
        "dead",
        "{\"member\":\"m\",\"topic\":\"orders\",\"group\":\"g\",\"types\":{},\"since\":1,\"version\":\"\"}");
    client.answer("ZADD", "leat::PARTICIPANTS::UNTIL", "1000", "dead");
    assertThat(result(leat.broker().participants())).isEmpty();
    leat.worker(topic.toString()).on("x", String.class, (text, request) -> text).start();
    until("others have removed it", () -> client.answer("HLEN", "leat::PARTICIPANTS").equals("1"));
  }

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--broker", redis.url()));
    return LeatCommand.line()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }
}

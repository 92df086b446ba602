package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.BadConfiguration;
import dev.leat.Dialect;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.MessageId;
import dev.leat.Payload;
import dev.leat.Reply;
import dev.leat.Unsupported;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What reaches a worker, and what comes back. */
class GatewayTest extends GatewayFixture {
  record Greeting(String text) {}

  record Named(String name) {}

  @Test
  void a_request_is_answered_through_a_stream() {
    leat.worker("hello")
        .on("hello", Named.class, (named, request) -> new Greeting("hello " + named.name()))
        .start();
    listen(Route.get("/hello", "hello", "hello"));

    HttpResponse<String> response = get("/hello?name=ada");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).contains("application/json");
    assertThat(response.body()).isEqualTo("{\"text\":\"hello ada\"}");
  }

  @Test
  void path_query_and_chosen_headers_reach_the_worker_decoded() {
    leat.worker("echo").on("echo", Message.class, (message, request) -> seen(message)).start();
    listen(Route.post("/a/{one}/b/{two}", "echo", "echo").handsOn("X-Chosen"));

    HttpResponse<String> response =
        send(
            to("/a/x%2Fy/b/%E4%BA%AC?q=a+b%26&q=second&empty=&flag&&n=%C3%BC")
                .header("x-chosen", "yes")
                .header("x-other", "no")
                .header("traceparent", "00-a-b-01")
                .header("auth.sub", "forged")
                .POST(BodyPublishers.ofString("{}")));

    assertThat(json(response).propertyStream().map(p -> p.getKey() + "=" + p.getValue().asString()))
        .filteredOn(header -> !header.startsWith("deadline"))
        .containsExactly(
            "http.header.x-chosen=yes",
            "http.method=POST",
            "http.param.one=x/y",
            "http.param.two=京",
            "http.path=/a/x%2Fy/b/%E4%BA%AC",
            "http.query-2.q=second",
            "http.query.empty=",
            "http.query.flag=",
            "http.query.n=ü",
            "http.query.q=a b&",
            "traceparent=00-a-b-01");
  }

  @Test
  void json_text_and_bytes_arrive_as_what_they_are() {
    leat.worker("echo")
        .on(
            "echo",
            Message.class,
            (message, request) ->
                Reply.of(message.payload().encoding() + ":" + message.payload().asText()))
        .start();
    listen(Route.post("/echo", "echo", "echo"));

    assertThat(post("/echo", "application/json", "[1]").body()).isEqualTo("JSON:[1]");
    assertThat(post("/echo", "application/vnd.x+json; v=1", "[1]").body()).isEqualTo("JSON:[1]");
    assertThat(post("/echo", "text/plain", "grüße").body()).isEqualTo("TEXT:grüße");
    assertThat(post("/echo", "application/x-www-form-urlencoded", "a=b").body())
        .isEqualTo("BINARY:a=b");
    assertThat(send(to("/echo").POST(BodyPublishers.noBody())).body()).isEqualTo("BINARY:");
    byte[] latin1 = {(byte) 0xFC};
    assertThat(
            send(to("/echo")
                    .header("content-type", "text/plain; charset=\"iso-8859-1\"")
                    .POST(BodyPublishers.ofByteArray(latin1)))
                .body())
        .isEqualTo("TEXT:ü");
  }

  @Test
  void bytes_come_back_as_they_are() throws Exception {
    byte[] bytes = new byte[100_000];
    new java.util.Random(7).nextBytes(bytes);
    leat.worker("echo").on("echo", byte[].class, (b, request) -> b).start();
    listen(Route.post("/echo", "echo", "echo"));

    HttpResponse<byte[]> response =
        http.send(
            to("/echo").POST(BodyPublishers.ofByteArray(bytes)).build(),
            BodyHandlers.ofByteArray());

    assertThat(response.body()).isEqualTo(bytes);
    assertThat(response.headers().firstValue("content-type")).contains("application/octet-stream");
  }

  @Test
  void the_reply_sets_status_headers_and_content_type() {
    leat.worker("users")
        .on(
            "create",
            Payload.class,
            (payload, request) ->
                Reply.created("/users/7", "id,name\n7,ada\n")
                    .withContentType("text/csv")
                    .withHttpHeader("X-Cost", "3")
                    .withHttpHeader("Content-Length", "999")
                    .withHttpHeader("Connection", "close"))
        .on("delete", Payload.class, (payload, request) -> Reply.empty())
        .start();
    listen(Route.post("/users", "users", "create"), Route.delete("/users/{id}", "users", "delete"));

    HttpResponse<String> created = post("/users", "application/json", "{}");
    assertThat(created.statusCode()).isEqualTo(201);
    assertThat(created.body()).isEqualTo("id,name\n7,ada\n");
    assertThat(created.headers().firstValue("location")).contains("/users/7");
    assertThat(created.headers().firstValue("content-type")).contains("text/csv");
    assertThat(created.headers().firstValue("x-cost")).contains("3");
    assertThat(created.headers().allValues("content-length")).containsExactly("14");
    assertThat(created.headers().firstValue("connection")).isEmpty();

    HttpResponse<String> deleted = send(to("/users/7").DELETE());
    assertThat(deleted.statusCode()).isEqualTo(204);
    assertThat(deleted.body()).isEmpty();
    assertThat(deleted.headers().firstValue("content-type")).isEmpty();
  }

  @Test
  void a_route_without_a_reply_is_answered_202_with_the_id_of_its_message() {
    List<String> handled = new CopyOnWriteArrayList<>();
    leat.worker("mail")
        .on(
            "mail.send",
            String.class,
            (text, request) -> {
              handled.add(request.id() + text);
              return null;
            })
        .start();
    listen(Route.post("/mail", "mail", "mail.send").reply(ReplyMode.NONE));

    HttpResponse<String> response = post("/mail", "text/plain", "hello");

    assertThat(response.statusCode()).isEqualTo(202);
    String id = json(response).get("id").asString();
    assertThat(MessageId.madeAt(id)).isNotNull();
    await().atMost(LONG).until(() -> !handled.isEmpty());
    assertThat(handled).containsExactly(id + "hello");
  }

  @Test
  void a_route_may_take_its_answer_from_the_stream_that_all_share() {
    leat.worker("echo").on("echo", Named.class, (named, request) -> named).start();
    gateway.eventLoops(2);
    listen(Route.get("/echo", "echo", "echo").reply(ReplyMode.SHARED));

    assertThat(get("/echo?name=ada").body()).isEqualTo("{\"name\":\"ada\"}");
    assertThat(get("/echo?name=bob").body()).isEqualTo("{\"name\":\"bob\"}");
  }

  @Test
  void a_dialect_that_the_broker_does_not_offer_is_refused_at_the_start() {
    gateway.route(Route.get("/echo", "echo", "echo").dialect(Dialect.NAMED));

    assertThatThrownBy(() -> gateway.listen("127.0.0.1", 0))
        .isInstanceOf(Unsupported.class)
        .hasMessage(
            "route GET /echo: this broker has no dialects (NAMED_DIALECT): leave the dialect out,"
                + " which is for streams of Redis");
  }

  @Test
  void several_event_loops_share_one_port() {
    leat.worker("echo").on("echo", Named.class, (named, request) -> named).start();
    gateway.eventLoops(3);
    listen(Route.get("/echo", "echo", "echo"));

    var responses =
        java.util.stream.IntStream.range(0, 60)
            .mapToObj(i -> http.sendAsync(to("/echo?name=" + i).build(), BodyHandlers.ofString()))
            .toList();

    for (int i = 0; i < responses.size(); i++) {
      assertThat(responses.get(i).join().body()).isEqualTo("{\"name\":\"" + i + "\"}");
    }
    assertThat(gateway.inFlight()).isZero();
  }

  @Test
  void a_port_in_use_is_one_sentence() {
    listen(Route.get("/", "t", "x"));

    try (LeatGateway second = LeatGateway.on(leat).route(Route.get("/", "t", "x"))) {
      assertThatThrownBy(() -> second.listen("127.0.0.1", gateway.port()))
          .isInstanceOf(BadConfiguration.class)
          .hasMessageContaining("127.0.0.1:" + gateway.port() + " cannot be listened on");
    }
  }

  @Test
  void an_address_of_another_machine_is_one_sentence() {
    for (String host : List.of("nowhere.invalid", "192.0.2.1")) {
      try (LeatGateway elsewhere = LeatGateway.on(leat)) {
        assertThatThrownBy(() -> elsewhere.listen(host, 0))
            .isInstanceOf(BadConfiguration.class)
            .hasMessageContaining(host + ":0 cannot be listened on");
      }
    }
  }

  private static Map<String, String> seen(Message message) {
    Map<String, String> headers = new TreeMap<>(message.headers().asMap());
    assertThat(message.headers().has(Headers.DEADLINE)).isTrue();
    return headers;
  }
}

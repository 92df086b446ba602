package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Message;
import dev.leat.MessageId;
import dev.leat.Reply;
import dev.leat.gateway.route.Cors;
import dev.leat.gateway.route.RateLimit;
import dev.leat.gateway.route.Route;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What browsers and proxies ask for: origins, rates, names of requests, compression. */
class BrowserTest extends GatewayFixture {
  private static final String APP = "https://app.example.com";

  @BeforeEach
  void startWorker() {
    leat.worker("t")
        .on(
            "x",
            Message.class,
            (message, request) -> request.header("http.header.x-request-id").orElse("none"))
        .start();
  }

  @Test
  void a_page_of_an_origin_that_is_allowed_may_read_the_answer() {
    listen(Route.post("/x", "t", "x").cors(Cors.of(APP)));

    HttpResponse<String> response =
        send(to("/x").header("origin", APP).POST(BodyPublishers.noBody()));

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(header(response, "access-control-allow-origin")).isEqualTo(APP);
    assertThat(header(response, "vary")).containsIgnoringCase("origin");
    assertThat(header(response, "access-control-expose-headers")).isEqualTo("x-request-id");
    assertThat(header(send(to("/x").POST(BodyPublishers.noBody())), "vary")).isEqualTo("origin");
  }

  @Test
  void a_problem_may_be_read_too() {
    listen(Route.post("/x", "t", "unheard.of").cors(Cors.of(APP)));

    HttpResponse<String> response =
        send(to("/x").header("origin", APP).POST(BodyPublishers.noBody()));

    assertThat(response.statusCode()).isEqualTo(501);
    assertThat(header(response, "access-control-allow-origin")).isEqualTo(APP);
  }

  @Test
  void a_page_of_another_origin_may_not() {
    listen(Route.post("/x", "t", "x").cors(Cors.of(APP)), Route.post("/none", "t", "x"));

    HttpResponse<String> other =
        send(to("/x").header("origin", "https://evil.example").POST(BodyPublishers.noBody()));
    HttpResponse<String> none =
        send(to("/none").header("origin", APP).POST(BodyPublishers.noBody()));

    assertThat(other.statusCode()).isEqualTo(403);
    assertThat(json(other).get("title").asString()).isEqualTo("Origin not allowed");
    assertThat(header(other, "content-type")).isEqualTo("application/problem+json");
    assertThat(header(other, "access-control-allow-origin")).isEmpty();
    assertThat(header(none, "access-control-allow-origin")).isEmpty();
  }

  @Test
  void a_browser_that_asks_before_is_told_for_the_route_it_asks_about() {
    listen(Route.put("/x", "t", "x").cors(Cors.of(APP)), Route.get("/x", "t", "x"));

    HttpResponse<String> allowed = preflight("PUT");
    assertThat(allowed.statusCode()).isEqualTo(204);
    assertThat(header(allowed, "access-control-allow-origin")).isEqualTo(APP);
    assertThat(header(allowed, "access-control-allow-methods")).contains("PUT");
    assertThat(header(allowed, "access-control-allow-headers")).isEqualTo("content-type");
    assertThat(header(allowed, "access-control-max-age")).isEqualTo("3600");
    assertThat(header(preflight("GET"), "access-control-allow-origin")).isEmpty();
  }

  @Test
  void a_request_beyond_the_rate_is_429_with_the_time_to_wait_and_other_routes_go_on() {
    listen(
        Route.get("/few", "t", "x").rateLimit(new RateLimit(3, Duration.ofHours(1))),
        Route.get("/many", "t", "x"));

    List<Integer> statuses = IntStream.range(0, 5).mapToObj(i -> get("/few").statusCode()).toList();

    assertThat(statuses).containsExactly(200, 200, 200, 429, 429);
    assertThat(Long.parseLong(header(get("/few"), "retry-after"))).isBetween(1L, 1200L);
    assertThat(json(get("/few")).get("title").asString()).isEqualTo("Too many requests");
    assertThat(get("/many").statusCode()).isEqualTo(200);
  }

  @Test
  void a_route_that_stays_the_same_goes_on_with_its_count_when_routes_are_reloaded() {
    Route few = Route.get("/few", "t", "x").rateLimit(new RateLimit(1, Duration.ofHours(1)));
    listen(few);
    assertThat(get("/few").statusCode()).isEqualTo(200);

    gateway.reload(List.of(few, Route.get("/other", "t", "x")));

    assertThat(get("/few").statusCode()).isEqualTo(429);
  }

  @Test
  void the_name_a_client_gives_its_request_comes_back_and_goes_along() {
    listen(Route.get("/x", "t", "x"));

    HttpResponse<String> named = send(to("/x").header("x-request-id", "abc-123"));
    assertThat(header(named, "x-request-id")).isEqualTo("abc-123");
    assertThat(named.body()).isEqualTo("abc-123");
  }

  @Test
  void a_request_without_a_name_or_with_one_that_is_no_name_has_that_of_its_message() {
    listen(Route.get("/x", "t", "x"));

    HttpResponse<String> unnamed = get("/x");
    assertThat(MessageId.madeAt(header(unnamed, "x-request-id"))).isNotNull();
    assertThat(unnamed.body()).isEqualTo("none");
    HttpResponse<String> strange = send(to("/x").header("x-request-id", "a b\"c"));
    assertThat(MessageId.madeAt(header(strange, "x-request-id"))).isNotNull();
    HttpResponse<String> problem = get("/nowhere");
    assertThat(header(problem, "x-request-id")).isEqualTo(json(problem).get("id").asString());
  }

  @Test
  void responses_are_compressed_only_where_that_is_asked_for() {
    gateway.compression(true);
    listen(Route.get("/x", "t", "x"));

    assertThat(header(send(to("/x").header("accept-encoding", "gzip")), "content-encoding"))
        .isEqualTo("gzip");
    assertThat(header(get("/x"), "content-encoding")).isEmpty();
  }

  @Test
  void what_may_be_compressed_says_so_to_caches_and_its_tag_names_what_both_forms_mean() {
    leat.worker("tagged")
        .on(
            "whole",
            Message.class,
            (message, request) ->
                Reply.of("x".repeat(1_000))
                    .withHttpHeader("etag", "\"v1\"")
                    .withHttpHeader("vary", "accept-language"))
        .on(
            "part",
            Message.class,
            (message, request) ->
                Reply.of("x".repeat(1_000))
                    .withStatus(206)
                    .withHttpHeader("etag", "\"v1\"")
                    .withHttpHeader("content-range", "bytes 0-999/2000"))
        .start();
    gateway.compression(true);
    listen(Route.get("/whole", "tagged", "whole"), Route.get("/part", "tagged", "part"));

    HttpResponse<String> compressed = send(to("/whole").header("accept-encoding", "gzip"));
    assertThat(header(compressed, "content-encoding")).isEqualTo("gzip");
    assertThat(header(compressed, "etag")).isEqualTo("W/\"v1\"");
    assertThat(header(compressed, "vary")).isEqualTo("accept-language, accept-encoding");
    HttpResponse<String> plain = get("/whole");
    assertThat(header(plain, "etag")).isEqualTo("\"v1\"");
    assertThat(header(plain, "vary")).isEqualTo("accept-language, accept-encoding");
    HttpResponse<String> part = send(to("/part").header("accept-encoding", "gzip"));
    assertThat(header(part, "content-encoding")).isEmpty();
    assertThat(part.body()).hasSize(1_000);
    assertThat(header(part, "etag")).isEqualTo("\"v1\"");
  }

  @Test
  void what_a_reply_varies_by_stands_beside_what_the_gateway_varies_by() {
    leat.worker("spoken")
        .on(
            "x",
            Message.class,
            (message, request) -> Reply.of("x").withHttpHeader("Vary", "Accept-Language, origin"))
        .start();
    listen(Route.get("/spoken", "spoken", "x").cors(Cors.of(APP)));

    assertThat(header(send(to("/spoken").header("origin", APP)), "vary"))
        .isEqualTo("origin, Accept-Language");
    assertThat(header(get("/spoken"), "vary")).isEqualTo("origin, Accept-Language");
  }

  @Test
  void a_page_that_asks_where_it_came_from_is_not_asked_where_that_is() {
    listen(Route.post("/x", "t", "x").cors(Cors.of(APP)));
    String own = "http://127.0.0.1:" + gateway.port();

    assertThat(sendFrom(own).statusCode()).isEqualTo(200);
    assertThat(sendFrom("https://127.0.0.1:" + gateway.port()).statusCode())
        .as("TLS ended before")
        .isEqualTo(200);
    assertThat(sendFrom("http://127.0.0.1:1").statusCode()).isEqualTo(403);
    assertThat(sendFrom("null").statusCode()).isEqualTo(403);
    assertThat(sendFrom("http://127.0.0.1.evil.example:" + gateway.port()).statusCode())
        .isEqualTo(403);
    assertThat(
            send(to("/x")
                    .header("origin", own)
                    .header("sec-fetch-site", "cross-site")
                    .POST(BodyPublishers.noBody()))
                .statusCode())
        .isEqualTo(403);
    assertThat(
            send(to("/x")
                    .header("origin", "https://proxied.example")
                    .header("sec-fetch-site", "same-origin")
                    .POST(BodyPublishers.noBody()))
                .statusCode())
        .isEqualTo(200);
  }

  private HttpResponse<String> sendFrom(String origin) {
    return send(to("/x").header("origin", origin).POST(BodyPublishers.noBody()));
  }

  private HttpResponse<String> preflight(String method) {
    return send(
        to("/x")
            .method("OPTIONS", BodyPublishers.noBody())
            .header("origin", APP)
            .header("access-control-request-method", method));
  }

  private static String header(HttpResponse<String> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }
}

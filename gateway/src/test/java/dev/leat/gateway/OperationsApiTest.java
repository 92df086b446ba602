package dev.leat.gateway;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.HandlerFailed;
import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.Request;
import dev.leat.Topic;
import dev.leat.gateway.ops.OperationsAccess;
import dev.leat.trail.Replay;
import dev.leat.trail.ReplayListener;
import dev.leat.trail.ReplayPlan;
import dev.leat.trail.Replays;
import dev.leat.wire.Redaction;
import dev.leat.wire.ReplyComparison;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class OperationsApiTest {
  private static final Duration LONG = Duration.ofSeconds(5);
  private static final String TOKEN = "0123456789abcdef";

  private final Leat leat = Leat.connect("memory:");
  private final HttpClient http = HttpClient.newHttpClient();
  private final ManagementPort port =
      ManagementPort.open(
          leat,
          Listener.plain("127.0.0.1", 0),
          List.of(),
          new OperationsAccess(Optional.of(TOKEN), Redaction.parse("*=/password")));

  @AfterEach
  void stop() {
    http.shutdownNow();
    port.close();
    leat.close();
  }

  @Test
  void each_operation_that_is_described_answers_as_it_is_described() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    fill(goOn);
    JsonNode document = json(get("/api/openapi.json"));
    assertThat(document.path("openapi").asString()).isEqualTo("3.1.0");
    int asked = 0;
    for (var path : document.path("paths").properties()) {
      JsonNode operation = path.getValue().path("get");
      if (operation.isMissingNode() || path.getKey().equals("/api/changes")) {
        continue;
      }
      for (String query : queries(path.getKey(), operation)) {
        HttpResponse<String> answer = get(path.getKey() + query);
        assertThat(answer.statusCode()).as(path.getKey() + query + answer.body()).isEqualTo(200);
        check(
            document,
            operation.at("/responses/200/content/application~1json/schema"),
            json(answer),
            path.getKey() + query);
        asked++;
      }
    }
    assertThat(asked).isGreaterThan(8);
    goOn.countDown();
  }

  @Test
  void each_operation_is_described_with_all_its_parameters() throws Exception {
    JsonNode document = json(get("/api/openapi.json"));
    List<String> all = new ArrayList<>();
    for (var path : document.path("paths").properties()) {
      for (var method : path.getValue().properties()) {
        all.add(method.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey());
        List<String> names = new ArrayList<>();
        method.getValue().path("parameters").forEach(one -> names.add(one.path("name").asString()));
        assertThat(
                json(ask(method.getKey(), path.getKey() + "?zork=1", TOKEN))
                    .path("detail")
                    .asString())
            .isEqualTo(
                "there is no parameter 'zork' here; there is "
                    + (names.isEmpty()
                        ? "none"
                        : String.join(", ", names.stream().sorted().toList())));
      }
    }
    assertThat(json(get("/api/zork")).path("detail").asString())
        .isEqualTo("there is " + String.join(", ", all.stream().sorted().toList()));
  }

  @Test
  void what_changes_something_takes_the_token_also_from_this_machine() throws Exception {
    assertThat(ask("POST", "/api/redrive?topic=users", "").statusCode()).isEqualTo(401);
    assertThat(ask("POST", "/api/redrive?topic=users", "wrong-wrong-wrong").statusCode())
        .isEqualTo(401);
  }

  @ParameterizedTest
  @CsvSource({
    "DELETE, /api/topics, 'GET, HEAD'",
    "POST, /api/topics, 'GET, HEAD'",
    "POST, /api/changes, 'GET, HEAD'",
    "GET, /api/redrive, POST",
    "OPTIONS, /api/jobs/stop, POST",
  })
  void by_another_method_it_is_told_by_which(String method, String path, String allowed)
      throws Exception {
    HttpResponse<String> answer = ask(method, path, TOKEN);
    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("allow")).contains(allowed);
    assertThat(json(answer).path("detail").asString()).isEqualTo("it is asked by " + allowed);
  }

  @Test
  void whoever_asks_wrongly_or_by_head_takes_no_place_of_those_who_follow() throws Exception {
    leat.worker("users").on("user.put", String.class, (text, request) -> text).start();
    for (int i = 0; i < 10; i++) {
      assertThat(raw("localhost", "", "GET /api/changes?topic=%zz")).startsWith("HTTP/1.1 400");
      assertThat(get("/api/changes?zork=1").statusCode()).isEqualTo(400);
      assertThat(ask("HEAD", "/api/changes", "").headers().firstValue("content-type"))
          .contains("text/event-stream");
    }
    isToldEachSecond();
  }

  @Test
  void a_body_that_does_not_end_is_not_read_to_its_end() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(
          "POST /api/redrive HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000000\r\n\r\n"
              .getBytes(StandardCharsets.US_ASCII));
      byte[] part = new byte[1 << 20];
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1_000; i++) {
                  out.write(part);
                }
              })
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void an_answer_holds_some_megabytes_and_says_where_to_go_on() throws Exception {
    leat.worker("users").on("user.put", byte[].class, (bytes, request) -> "ok").start();
    for (int i = 0; i < 12; i++) {
      Payload large = Payload.binary(new byte[1_000_000]);
      leat.caller().call("users", "user.put", large, Payload.class, LONG);
    }
    List<String> seen = new ArrayList<>();
    String next = "";
    while (next != null) {
      JsonNode page =
          json(
              get(
                  "/api/messages?topic=users&limit=1000"
                      + (next.isEmpty() ? "" : "&after=" + next)));
      assertThat(page.path("messages").size()).isLessThan(6);
      page.path("messages").forEach(one -> seen.add(one.path("id").asString()));
      next = page.has("next") ? page.path("next").asString() : null;
    }
    assertThat(seen).hasSize(12).doesNotHaveDuplicates();
    JsonNode trails = json(get("/api/trails?topic=users&last=12"));
    assertThat(trails.path("trails").size()).isLessThan(6);
    assertThat(trails.path("all").asBoolean()).isFalse();
  }

  @Test
  void dead_letters_are_chosen_before_they_are_counted() throws Exception {
    leat.worker("users")
        .on("user.fail", String.class, OperationsApiTest::fails)
        .on("user.other", String.class, OperationsApiTest::fails)
        .start();
    for (String type : List.of("user.fail", "user.fail", "user.fail", "user.other")) {
      assertThatThrownBy(() -> leat.caller().call("users", type, "x", Payload.class, LONG))
          .isInstanceOf(HandlerFailed.class);
    }
    JsonNode found = json(get("/api/dead-letters?topic=users&type=user.other&limit=2"));
    assertThat(found.path("deadLetters").size()).isEqualTo(1);
    assertThat(found.has("next")).isFalse();
    assertThat(json(get("/api/dead-letters?topic=users&limit=2")).has("next")).isTrue();
    assertThat(getQuietly("/api/dead-letters?topic=users&cause=nothing")).contains("[]");
  }

  private static String fails(String text, Request request) {
    throw new IllegalStateException("no");
  }

  @Test
  void no_more_jobs_are_at_work_than_may_be_and_who_stops_one_is_remembered() throws Exception {
    leat.worker("users").on("user.put", String.class, (text, request) -> text).start();
    for (int i = 0; i < 3; i++) {
      leat.caller().call("users", "user.put", "x", Payload.class, LONG);
    }
    List<CompletableFuture<HttpResponse<String>>> asked = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      asked.add(
          http.sendAsync(
              HttpRequest.newBuilder(
                      URI.create(
                          "http://127.0.0.1:%d/api/replay?topic=users&rate=1/m&from=2020-01-01T00:00:00Z"
                              .formatted(port.port())))
                  .POST(BodyPublishers.noBody())
                  .header("authorization", "Bearer " + TOKEN)
                  .build(),
              BodyHandlers.ofString()));
    }
    List<Integer> statuses = asked.stream().map(one -> one.join().statusCode()).sorted().toList();
    assertThat(statuses.stream().filter(status -> status == 202).count()).isEqualTo(4);
    JsonNode jobs = json(get("/api/jobs")).path("jobs");
    assertThat(jobs.size()).isEqualTo(4);
    for (JsonNode job : jobs) {
      assertThat(
              ask("POST", "/api/jobs/stop?by=eve&id=" + job.path("job").asString(), TOKEN)
                  .statusCode())
          .isEqualTo(202);
    }
    until("all have stopped", () -> !getQuietly("/api/jobs").contains("running"));
    assertThat(getQuietly("/api/audit")).contains("job.stopped", "\"by\":\"eve\"");
  }

  @Test
  void what_a_replay_leaves_out_is_told() throws Exception {
    leat.worker("users").on("user.put", String.class, (text, request) -> text).start();
    leat.caller().call("users", "user.put", "x", Payload.class, LONG);
    JsonNode job =
        json(ask("POST", "/api/replay?topic=users&id=nobody&id=nothing", TOKEN)).path("job");
    untilDone(job.path("job").asString());
    assertThat(job.path("requests").asInt()).isZero();
    assertThat(job.at("/leftOut/missing").asInt()).isEqualTo(2);
  }

  @Test
  void dead_letters_are_sent_back_and_requests_sent_again_as_jobs_that_say_how_far_they_are()
      throws Exception {
    AtomicBoolean mended = new AtomicBoolean();
    leat.worker("users")
        .on(
            "user.fail",
            String.class,
            (text, request) -> {
              if (!mended.get()) {
                throw new IllegalStateException("no");
              }
              return text;
            })
        .on("user.put", String.class, (text, request) -> mended.get() ? "new" : "old")
        .start();
    leat.caller().call("users", "user.put", Payload.text("x"), Payload.class, LONG);
    assertThatThrownBy(() -> leat.caller().call("users", "user.fail", "x", Payload.class, LONG))
        .isInstanceOf(HandlerFailed.class);
    mended.set(true);

    HttpResponse<String> redriven = ask("POST", "/api/redrive?topic=users&by=ada", TOKEN);
    assertThat(redriven.statusCode()).as(redriven.body()).isEqualTo(202);
    untilDone(json(redriven).at("/job/job").asString());
    assertThat(getQuietly("/api/dead-letters?topic=users")).isEqualTo("{\"deadLetters\":[]}");
    HttpResponse<String> replayed =
        ask(
            "POST",
            "/api/replay?topic=users&type=user.put&compare=true&by=ada&from=2020-01-01T00:00:00Z",
            TOKEN);
    assertThat(replayed.statusCode()).as(replayed.body()).isEqualTo(202);
    String id = json(replayed).at("/job/job").asString();
    untilDone(id);
    JsonNode job = json(get("/api/jobs?id=" + id)).at("/jobs/0");
    assertThat(job.path("different").asInt()).isEqualTo(1);
    assertThat(job.at("/differences/0/differences/0/was").asString()).isEqualTo("old");
    check(
        json(get("/api/openapi.json")),
        json(get("/api/openapi.json")).at("/components/schemas/Job"),
        job,
        "job");
    assertThat(getQuietly("/api/audit"))
        .contains(
            "\"action\":\"redrive.begun\"",
            "\"action\":\"redrive.ended\"",
            "\"action\":\"replay.ended\"",
            "\"by\":\"ada\"");
    assertThat(ask("POST", "/api/replay/undo?id=nope", TOKEN).statusCode()).isEqualTo(400);
    assertThat(ask("POST", "/api/replay?topic=nobody&from=2020-01-01T00:00:00Z", TOKEN).body())
        .contains("there is no topic 'nobody'");
  }

  @Test
  void whoever_follows_is_told_each_second() throws Exception {
    leat.worker("users").on("user.put", String.class, (text, request) -> text).start();
    isToldEachSecond();
  }

  private void isToldEachSecond() throws IOException, InterruptedException {
    HttpResponse<Stream<String>> following =
        http.send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + port.port() + "/api/changes?topic=users"))
                .build(),
            BodyHandlers.ofLines());
    assertThat(following.headers().firstValue("content-type")).contains("text/event-stream");
    try (var lines = following.body()) {
      assertThat(lines.filter(line -> line.startsWith("event: census")).limit(2)).hasSize(2);
    }
  }

  private void untilDone(String job) {
    until("it is done", () -> getQuietly("/api/jobs?id=" + job).contains("\"phase\":\"done\""));
  }

  private HttpResponse<String> ask(String method, String path, String token)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.port() + path))
            .method(method.toUpperCase(Locale.ROOT), BodyPublishers.noBody());
    if (!token.isEmpty()) {
      request.header("authorization", "Bearer " + token);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  @Test
  void what_nobody_is_to_see_is_not_shown() throws Exception {
    leat.worker("users").on("user.put", String.class, (text, request) -> text).start();
    leat.caller()
        .call("users", "user.put", Payload.json("{\"password\":\"secret\"}"), Payload.class, LONG);
    assertThat(get("/api/messages?topic=users").body()).contains("***").doesNotContain("secret");
    leat.caller()
        .with(Headers.of("Authorization", "Bearer hunter2").with("cookie", "hunter2"))
        .call("users", "user.put", Payload.text("x"), Payload.class, LONG);
    assertThat(get("/api/messages?topic=users").body())
        .contains("\"Authorization\":\"***\"")
        .doesNotContain("hunter2");
    assertThat(get("/api/trails?topic=users&last=1").body())
        .contains("***")
        .doesNotContain("secret");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/api/messages | 400 | the parameter 'topic' is missing",
        "/api/messages?topic=a:b | 400 | cannot be part of a topic",
        "/api/messages?topic=a&from=soon | 400 | 'from' is a time such as 2026-11-25T03:00:00Z",
        "/api/open?limit=0 | 400 | 'limit' is a number from 1 to 1000, was '0'",
        "/api/trails | 400 | the parameter 'id' is missing",
        "/api/trails?last=5 | 400 | the parameter 'topic' is missing",
        "/api/census?topic=nobody | 400 | there is no topic 'nobody'",
        "/api/messages?topic=nobody | 400 | there is no topic 'nobody'",
        "/api/open?topic=nobody | 400 | there is no topic 'nobody'",
        "/api/open?limit=1&limit=2 | 400 | the parameter 'limit' was given 2 times",
        "/api/trails?topic=a&last=5&slow=yes | 400 | 'slow' is true or false, was 'yes'",
        "/api/messages?topic=a&from=%2B1000000000-12-31T23:59:59Z | 400 | 'from' is a time such as",
        "/api/dead-letters?topic=a&after=garbage | 400 | 'garbage' is not the id of an entry",
        "/api/zork | 404 | there is GET /api/audit",
      })
  void what_is_asked_for_wrongly_is_a_problem_that_says_so(String path, int status, String sentence)
      throws Exception {
    HttpResponse<String> answer = get(path.strip());
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
    assertThat(json(answer).path("detail").asString()).contains(sentence.strip());
  }

  @Test
  void from_elsewhere_or_by_another_name_it_is_asked_by_token_alone() throws Exception {
    assertThat(raw("localhost", "")).startsWith("HTTP/1.1 200");
    assertThat(raw("evil.example:80", "")).startsWith("HTTP/1.1 401").contains("Bearer");
    assertThat(raw("localhost", "Host: evil.example\r\n")).doesNotStartWith("HTTP/1.1 200");
    // Of a proxy on this machine, or of another site's page in a browser.
    for (String header :
        List.of(
            "X-Forwarded-For: 203.0.113.9",
            "Forwarded: for=203.0.113.9",
            "Via: 1.1 proxy",
            "Origin: https://evil.example",
            "Sec-Fetch-Site: cross-site")) {
      assertThat(raw("localhost", header + "\r\n")).as(header).startsWith("HTTP/1.1 401");
    }
    assertThat(raw("localhost", "Sec-Fetch-Site: same-origin\r\n")).startsWith("HTTP/1.1 200");
    assertThat(raw("evil.example:80", "Authorization: Bearer " + TOKEN + "\r\n"))
        .startsWith("HTTP/1.1 200");
    assertThat(raw("evil.example:80", "Authorization: Bearer 0123456789abcdeX\r\n"))
        .startsWith("HTTP/1.1 401");
    assertThatThrownBy(() -> new OperationsAccess(Optional.of("short"), Redaction.NONE))
        .hasMessageContaining("16 signs at least");
    assertThatThrownBy(() -> new OperationsAccess(Optional.of("\u00fc".repeat(16)), Redaction.NONE))
        .hasMessageContaining("visible ones of ASCII");
    assertThat(new OperationsAccess(Optional.of(TOKEN + "\n"), Redaction.NONE).token())
        .contains(TOKEN);
    assertThat(new OperationsAccess(Optional.of(TOKEN), Redaction.NONE).toString())
        .doesNotContain(TOKEN);
  }

  /** Something of each kind. */
  private void fill(CountDownLatch goOn) {
    leat.worker("users")
        .on("user.put", String.class, (text, request) -> text)
        .on(
            "user.fail",
            String.class,
            (text, request) -> {
              throw new IllegalStateException("no");
            })
        .on(
            "user.wait",
            String.class,
            (text, request) -> {
              goOn.await();
              return text;
            })
        .start();
    leat.caller().call("users", "user.put", Payload.json("{\"a\":1}"), Payload.class, LONG);
    assertThatThrownBy(() -> leat.caller().call("users", "user.fail", "x", Payload.class, LONG))
        .isInstanceOf(HandlerFailed.class);
    Instant now = InstantSource.system().instant();
    ReplayPlan plan = ReplayPlan.of(Topic.of("users"), now.minusSeconds(60), now.plusSeconds(60));
    try (Replay replay = new Replays(leat.broker()).prepare(plan, "ada")) {
      replay.run(ReplyComparison.OF_ALL, Redaction.NONE, new ReplayListener() {}, () -> false);
    }
    leat.caller().send("users", "user.wait", "x");
    until("it is at work", () -> getQuietly("/api/open").contains("running"));
  }

  /** By the examples that stand in the description, and without what may be left out. */
  private List<String> queries(String path, JsonNode operation) {
    List<String> needed = new ArrayList<>();
    List<String> all = new ArrayList<>();
    for (JsonNode parameter : operation.path("parameters")) {
      if (parameter.has("example")) {
        String one =
            parameter.path("name").asString()
                + "="
                + URLEncoder.encode(parameter.path("example").asString(), StandardCharsets.UTF_8);
        all.add(one);
        if (parameter.path("required").asBoolean()) {
          needed.add(one);
        }
      }
    }
    List<String> queries = new ArrayList<>(List.of("?" + String.join("&", all)));
    if (!path.equals("/api/trails")) {
      queries.add("?" + String.join("&", needed));
    }
    return queries;
  }

  /** By what of JSON Schema the description uses; members that it does not name are refused. */
  private static void check(JsonNode document, JsonNode schema, JsonNode value, String where) {
    if (schema.has("$ref")) {
      check(document, document.at(schema.path("$ref").asString().substring(1)), value, where);
      return;
    }
    assertThat(schema.path("type").asString()).as(where + " " + value).isIn(kinds(value));
    if (schema.has("enum")) {
      List<String> taken = new ArrayList<>();
      schema.path("enum").forEach(one -> taken.add(one.asString()));
      assertThat(taken).as(where).contains(value.asString());
    }
    for (JsonNode name : schema.path("required")) {
      assertThat(value.has(name.asString())).as(where + " has " + name).isTrue();
    }
    if (schema.has("properties")) {
      for (var member : value.properties()) {
        assertThat(schema.path("properties").has(member.getKey()))
            .as(where + " describes " + member.getKey())
            .isTrue();
        check(
            document,
            schema.path("properties").path(member.getKey()),
            member.getValue(),
            where + "/" + member.getKey());
      }
    }
    if (value.isArray()) {
      if (value.isEmpty()) {
        assertThat(where).matches(".*/(routes|known|members|attempts|children|unknown|jobs)");
      }
      value.forEach(one -> check(document, schema.path("items"), one, where + "/*"));
    }
  }

  private static List<String> kinds(JsonNode value) {
    return value.isString()
        ? List.of("string")
        : value.isIntegralNumber()
            ? List.of("integer", "number")
            : value.isNumber()
                ? List.of("number")
                : List.of(value.isBoolean() ? "boolean" : value.isArray() ? "array" : "object");
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.port() + path)).build(),
        BodyHandlers.ofString());
  }

  private String getQuietly(String path) {
    try {
      return get(path).body();
    } catch (IOException | InterruptedException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** As a client that says any name. */
  private String raw(String host, String header) throws IOException {
    return raw(host, header, "GET /api/topics");
  }

  private String raw(String host, String header, String line) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port.port())) {
      socket
          .getOutputStream()
          .write(
              "%s HTTP/1.1\r\nHost: %s\r\n%sConnection: close\r\n\r\n"
                  .formatted(line, host, header)
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static JsonNode json(HttpResponse<String> answer) {
    return JsonMapper.shared().readTree(answer.body());
  }
}

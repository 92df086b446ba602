package dev.leat.cli;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.Topic;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.Route;
import dev.leat.redis.RedisServerProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrailTest {
  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final Leat leat = Leat.connect(redis.url());
  private final HttpClient http = HttpClient.newHttpClient();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @AfterEach
  void stop() {
    http.shutdownNow();
    leat.close();
    redis.close();
  }

  @Test
  void the_trail_of_a_request_by_the_id_in_its_response_shows_who_was_asked_for_it()
      throws Exception {
    leat.worker("users")
        .on("user.get", String.class, (id, request) -> Payload.json("{\"name\":\"ada\"}"))
        .start();
    leat.worker("posts")
        .on(
            "post.get",
            String.class,
            (id, request) ->
                leat.caller()
                    .call(
                        "users",
                        "user.get",
                        Payload.text("1"),
                        Payload.class,
                        Duration.ofSeconds(5)))
        .start();
    try (LeatGateway gateway =
        LeatGateway.on(leat)
            .route(Route.of("GET", "/posts/{id}", "posts", "post.get"))
            .listen("127.0.0.1", 0)) {
      HttpResponse<String> response = get(gateway, "/posts/1");
      String id = response.headers().firstValue("x-request-id").orElseThrow();

      assertThat(run("trail", id)).isZero();
      assertThat(out.toString())
          .contains(id + " posts post.get  GET /posts/1", "  accepted 2", "  attempt 1 by ")
          .contains("    ", " users user.get", "request  1")
          .contains("reply    {\"name\":\"ada\"}", "replied 200 +");
      assertThat(run("trail", id, "--json")).isZero();
      assertThat(out.toString().lines()).hasSize(1);
      assertThat(out.toString())
          .contains("\"how\":\"replied\"", "\"children\":[{\"topic\":\"users\"");
      assertThat(run("trail", id, "--redact", "post.get=/name")).isZero();
      assertThat(out.toString())
          .contains("  reply    {\"name\":\"***\"}", "      reply    {\"name\":\"ada\"}");
    }
  }

  @Test
  void what_strangers_sent_is_shown_so_that_no_terminal_obeys_it_and_large_ones_in_part() {
    String id =
        leat.caller()
            .send("odd", "t\u001b[2J", Payload.text("\u001b]0;x\u0007" + "y".repeat(5_000)));
    assertThat(run("trail", id)).isZero();
    assertThat(out.toString())
        .doesNotContain("\u001b", "\u0007")
        .contains("\\u001b[2J", " ... (5,006 bytes; --full shows all)")
        .contains("open: waiting, no group has ever read its topic");
    assertThat(run("trail", id, "--full")).isZero();
    assertThat(out.toString()).contains("y".repeat(5_000));
    assertThat(run("trail", id, "--json")).isZero();
    assertThat(out.toString()).doesNotContain("\u001b", "\u0007");
  }

  @Test
  void what_is_hidden_is_hidden_where_messages_are_listed_too() {
    leat.worker("users")
        .on(
            "user.create",
            String.class,
            (text, request) -> {
              throw new IllegalStateException("no");
            })
        .start();
    leat.caller().send("users", "user.create", Payload.json("{\"password\":\"secret\"}"));
    until(
        "it is given up",
        () ->
            result(leat.broker().health(Topic.of("users").deadLetters())).length().orElse(0) == 1);
    assertThat(run("dead-letters", "users", "--json", "--redact", "user.create=/password"))
        .isZero();
    assertThat(out.toString()).contains("***").doesNotContain("secret");
    assertThat(run("dead-letters", "users", "--json")).isZero();
    assertThat(out.toString()).contains("secret");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "trail nosuch                      | 1 | nothing is remembered of 'nosuch'",
        "trail 01a2230f-eb22-7000-b26e-9f7645d1f1c2 | 1 | nothing is remembered of '01a2230f",
        "trail --key k                     | 1 | with the Idempotency-Key 'k'",
        "trail --trace abc                 | 2 | 'abc' is no trace, which has 32 hexadecimal digits",
        "trail                             | 2 | say of which request: its id, --key, --trace",
        "trail x --failed                  | 2 | --failed and --slow go with --last N TOPIC",
        "trail --key k x                   | 2 | leave the rest out",
        "trail --last 3 nowhere            | 1 | topic 'nowhere' remembers no such request",
        "trail --last 3 a:b:c:d            | 2 | cannot be part of a topic",
        "trail x --redact /password        | 2 | does not say what is hidden",
        "trail x --redact t=password       | 2 | is no JSON pointer",
        "census --at yesterday             | 2 | is neither how long ago, as in 2h",
        "census --open --watch             | 2 | leat top shows it live",
      })
  void bad_input_gets_one_sentence(String command, int code, String sentence) {
    assertThat(run(command.strip().split(" +", -1))).isEqualTo(code);
    assertThat(err.toString()).contains(sentence);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(out.toString()).isEmpty();
  }

  private HttpResponse<String> get(LeatGateway gateway, String path)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--broker=" + redis.url());
    return LeatCommand.line()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }
}

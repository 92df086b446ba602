package dev.leat.system;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.StreamRef;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.Route;
import dev.leat.redis.RedisClient;
import dev.leat.redis.RedisServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The workers in {@code examples/}, each as a process, behind a gateway. */
class OtherLanguagesTest {
  enum Language {
    PYTHON("python3", "python/worker.py"),
    NODE("node", "node/worker.mjs");

    private final String command;
    private final String file;

    Language(String command, String file) {
      this.command = command;
      this.file = file;
    }
  }

  private static final String INCOMING = "greetings::DEFAULT::CONSUMER_INCOMING";
  private static final String LEASE = "200";

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final RedisClient client = new RedisClient(redis.port());
  private final Leat leat = Leat.connect(redis.url());
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Process> workers = new ArrayList<>();
  private final LeatGateway gateway =
      LeatGateway.on(leat)
          .route(Route.post("/greetings", "greetings", "greeting.make"))
          .route(Route.post("/unheard", "greetings", "unheard.of"))
          .listen("127.0.0.1", 0);

  @AfterEach
  void stop() {
    workers.forEach(worker -> worker.destroyForcibly().onExit().join());
    http.shutdownNow();
    gateway.close();
    leat.close();
    client.close();
    redis.close();
  }

  @ParameterizedTest
  @EnumSource
  void a_worker_answers_what_comes_over_http(Language language) {
    start(language);

    HttpResponse<String> answer = post("/greetings", "{\"name\":\"ädä\"}").join();

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("by", language.command.substring(0, 4));
    assertThat(answer.body()).containsAnyOf("hello ädä", "hello \\u00e4d\\u00e4");
  }

  @ParameterizedTest
  @EnumSource
  void what_a_worker_cannot_do_is_a_problem_and_it_lives_on(Language language) {
    start(language);
    client.append(INCOMING, "only", "one pair");

    assertThat(post("/unheard", "{}").join().statusCode()).isEqualTo(500);
    assertThat(post("/greetings", "{\"name\":\"ada\"}").join().body()).contains("hello ada");
    assertThat(client.entries("greetings::DEFAULT::DEAD_LETTERS")).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource
  void what_a_member_that_died_had_begun_is_answered(Language language) {
    client.startGroup(INCOMING, "workers");
    CompletableFuture<HttpResponse<String>> answer = post("/greetings", "{\"name\":\"ada\"}");
    until("it waits", () -> !client.entries(INCOMING).isEmpty());
    client.takeOne(INCOMING, "workers", "dead");

    start(language);

    assertThat(answer.join().body()).contains("hello ada");
  }

  @Test
  void workers_in_several_languages_share_one_topic() {
    start(Language.PYTHON);
    start(Language.NODE);
    leat.worker("greetings")
        .on("greeting.make", String.class, (text, request) -> "{\"by\": \"java\"}")
        .start();

    Set<String> seen = new HashSet<>();
    until(
        "each has answered",
        () -> {
          seen.add(
              post("/greetings", "{\"name\":\"ada\"}").join().body().replaceAll(".*\"by\"", ""));
          return seen.size() == 3;
        });
    assertThat(seen).allMatch(by -> by.matches(": ?\"(python|node|java)\"}"));
  }

  private void start(Language language) {
    String script = Path.of("..", "examples").resolve(language.file).toString();
    try {
      workers.add(
          new ProcessBuilder(language.command, script, Integer.toString(redis.port()), LEASE)
              .inheritIO()
              .start());
    } catch (IOException missing) {
      throw new UncheckedIOException(
          language.command + " must be installed to test the worker written in it", missing);
    }
    until(
        "it is there",
        () -> !result(leat.broker().health(new StreamRef.At(INCOMING))).groups().isEmpty());
  }

  private CompletableFuture<HttpResponse<String>> post(String path, String json) {
    return Requests.postJson(http, gateway.port(), path, json);
  }
}

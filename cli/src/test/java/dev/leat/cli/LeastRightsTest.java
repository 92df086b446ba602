package dev.leat.cli;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Handling;
import dev.leat.Leat;
import dev.leat.LeatException;
import dev.leat.Position;
import dev.leat.Reply;
import dev.leat.Retry;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.WorkerEvent;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.OrderKey;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import dev.leat.redis.RedisClient;
import dev.leat.redis.RedisServerProcess;
import dev.leat.wire.StreamKeys;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The users that the documents give to gateways, workers and tools; they are taken from there. */
class LeastRightsTest {
  private static final String FOREIGN = "users::foreign";
  private static final Path DOCUMENT = Path.of("..", "docs", "brokers.md");
  private static final Pattern USER = Pattern.compile("(?m)^user leat-(\\w+) on >(\\S+) .*$");

  @TempDir private Path folder;
  private final Map<String, String> passwords = new HashMap<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicInteger failures = new AtomicInteger();

  @AfterEach
  void stop() {
    http.shutdownNow();
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void each_program_does_its_work_as_a_user_of_its_own_and_asks_for_nothing_it_may_not(
      String version) throws Exception {
    try (RedisServerProcess redis = start(version);
        RedisClient admin = new RedisClient(redis.port());
        Leat worker = Leat.connect(url(redis, "worker"));
        Leat edge = Leat.connect(url(redis, "gateway") + "?keep-bytes=100000");
        LeatGateway gateway =
            LeatGateway.on(edge)
                .route(Route.post("/users", "users", "user.put"))
                .route(Route.post("/late", "users", "user.put").timeout(Duration.ofMillis(300)))
                .route(Route.post("/foreign", FOREIGN, "note").reply(ReplyMode.NONE))
                .route(
                    Route.post("/accounts", "users::accounts", "entry.book")
                        .orderBy(new OrderKey(OrderKey.Source.HEADER, "account")))
                .manageAt("127.0.0.1", 0)
                .listen("127.0.0.1", 0)) {
      work(worker);
      assertThat(post(gateway, "/users", "ada").statusCode()).isEqualTo(201);
      assertThat(post(gateway, "/users", "ada").headers().firstValue("idempotent-replayed"))
          .contains("true");
      assertThat(post(gateway, "/late", "late").statusCode()).isEqualTo(504);
      assertThat(post(gateway, "/users", "fails").statusCode()).isEqualTo(500);
      List<CompletableFuture<HttpResponse<String>>> entries = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        entries.add(send(gateway, "/accounts", "entry-" + i));
      }
      assertThat(entries).allMatch(entry -> entry.join().statusCode() == 200);
      assertThat(admin.entries("audit::DEFAULT::CONSUMER_INCOMING")).hasSize(1);

      admin.takeOne(StreamKeys.of(Topic.of("users").incoming()), Worker.DEFAULT_GROUP, "dead");
      assertThat(leat(redis, "reader", "dead-letters", "users")).contains("user.put");
      assertThat(leat(redis, "reader", "topics"))
          .contains("user.put(String)", "POST /accounts -> entry.book");
      assertThat(leat(redis, "reader", "census")).contains("1 in flight in 4 topics");
      assertThat(leat(redis, "reader", "census", "--open")).contains("audit", "waiting");
      readAlong(redis);
      assertThat(leat(redis, "operator", "redrive", "users")).contains("redrove 1 dead letter");
      until("it was tried again", () -> failures.get() == 4);
      leat(redis, "operator", "call", "users", "user.put", "\"bob\"");
      assertThat(leat(redis, "operator", "replay", "users::accounts", "--from", "10m", "--compare"))
          .contains("50 the same, 0 different");
      assertThat(leat(redis, "operator", "replay", "--list")).contains("users::accounts ended");
      assertThat(managed(gateway, "/health/ready")).contains("up");
      assertThat(managed(gateway, "/metrics")).contains("leat_topic_dead_letters");
      theGatewayTrims(gateway, admin);
      assertThat(admin.refusals()).isEmpty();
    }
  }

  @Test
  void what_is_not_a_programs_own_it_cannot_touch_and_is_told_so_without_a_secret()
      throws InterruptedException {
    try (RedisServerProcess redis = start(RedisServerProcess.CURRENT);
        Leat edge = Leat.connect(url(redis, "gateway"));
        Leat worker = Leat.connect(url(redis, "worker"))) {
      assertThatThrownBy(() -> edge.caller().send("payments", "payment.take", "x"))
          .isInstanceOf(LeatException.class)
          .hasMessageContaining("payments")
          .hasMessageNotContaining("secret");
      assertThatThrownBy(() -> worker.caller().send("payments", "payment.take", "x"))
          .isInstanceOf(LeatException.class);
      BlockingQueue<WorkerEvent> events = new LinkedBlockingQueue<>();
      worker
          .worker("payments")
          .onEvent(events::add)
          .on("payment.take", String.class, (text, request) -> text)
          .start();
      assertThat(events.take())
          .isInstanceOfSatisfying(
              WorkerEvent.Crashed.class,
              crashed ->
                  assertThat(crashed.cause())
                      .hasMessageContaining("NOPERM")
                      .hasMessageContaining("Least rights")
                      .hasMessageNotContaining("secret"));
    }
  }

  private void work(Leat leat) {
    leat.worker("users")
        .lease(Duration.ofSeconds(2))
        .on(
            "user.put",
            String.class,
            (name, request) -> {
              if (name.equals("fails")) {
                failures.incrementAndGet();
                throw new IllegalStateException("no disk");
              }
              if (name.equals("late")) {
                Thread.sleep(Duration.ofMinutes(1));
              }
              return name.equals("ada")
                  ? Reply.created("/users/" + name, name).andSend("audit", "user.added", name)
                  : Reply.of(name);
            },
            Handling.retrying(
                    Retry.times(2).withWaits(Duration.ofMillis(10), Duration.ofMillis(20)))
                .idempotent())
        .start();
    leat.worker("users::accounts")
        .ordered()
        .on("entry.book", String.class, (text, request) -> text)
        .start();
  }

  private String managed(LeatGateway gateway, String path) throws Exception {
    URI address = URI.create("http://127.0.0.1:" + gateway.managementPort() + path);
    return http.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString()).body();
  }

  /** What is served by workers of another make alone. */
  private void theGatewayTrims(LeatGateway gateway, RedisClient admin) {
    String stream = StreamKeys.of(Topic.of(FOREIGN).incoming());
    admin.startGroup(stream, "others");
    IntStream.range(0, 1_100)
        .mapToObj(i -> send(gateway, "/foreign", "note-" + i))
        .toList()
        .forEach(accepted -> assertThat(accepted.join().statusCode()).isEqualTo(202));
    admin.completeAll(stream, "others");
    until("completed ones are gone", () -> admin.entries(stream).size() < 1_000);
  }

  private void readAlong(RedisServerProcess redis) {
    List<String> heard = new CopyOnWriteArrayList<>();
    try (Leat leat = Leat.connect(url(redis, "reader"))) {
      var unused = leat.listen("users", Position.START, message -> heard.add(message.type()));
      until("it was read", () -> heard.contains("user.put"));
    }
  }

  private RedisServerProcess start(String version) {
    try {
      List<String> users = new ArrayList<>(List.of("user default on nopass ~* &* +@all"));
      USER.matcher(Files.readString(DOCUMENT))
          .results()
          .forEach(
              user -> {
                passwords.put(user.group(1), user.group(2));
                users.add(user.group());
              });
      Path file = Files.write(folder.resolve("users.acl"), users);
      return RedisServerProcess.start(version, "--aclfile", file.toString());
    } catch (IOException failure) {
      throw new IllegalStateException("no list of users", failure);
    }
  }

  private String url(RedisServerProcess redis, String user) {
    return redis.url().replace("//", "//leat-" + user + ":" + passwords.get(user) + "@");
  }

  private HttpResponse<String> post(LeatGateway gateway, String path, String text) {
    return send(gateway, path, text).join();
  }

  private CompletableFuture<HttpResponse<String>> send(
      LeatGateway gateway, String path, String text) {
    return http.sendAsync(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + path))
            .header("content-type", "text/plain")
            .header("idempotency-key", text)
            .header("account", "a")
            .POST(BodyPublishers.ofString(text))
            .build(),
        BodyHandlers.ofString());
  }

  private String leat(RedisServerProcess redis, String user, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command =
        LeatCommand.line().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(1, List.of("--broker", url(redis, user)));
    assertThat(command.execute(all.toArray(String[]::new))).as(err.toString()).isZero();
    return out.toString();
  }
}

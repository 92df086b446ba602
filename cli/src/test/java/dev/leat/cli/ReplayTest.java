package dev.leat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.redis.RedisServerProcess;
import dev.leat.trail.Replay;
import dev.leat.trail.ReplayListener;
import dev.leat.trail.ReplayPlan;
import dev.leat.trail.Replays;
import dev.leat.wire.Redaction;
import dev.leat.wire.ReplyComparison;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplayTest {
  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final Leat leat = Leat.connect(redis.url());
  private final AtomicInteger handled = new AtomicInteger();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @AfterEach
  void stop() {
    leat.close();
    redis.close();
  }

  @Test
  void another_version_of_a_worker_is_tried_with_what_was_asked_before() {
    Worker old = serve("{\"id\":%s,\"name\":\"ada\",\"token\":\"secret-1\"}");
    for (int i = 1; i <= 3; i++) {
      ask(i);
    }
    assertThat(run("replay", "users", "--from", "10m", "--dry-run")).isZero();
    assertThat(out.toString()).contains("would send 3 requests of users, ");
    assertThat(run("replay", "users", "--from", "10m", "--compare")).isZero();
    assertThat(out.toString())
        .contains("replayed 3 requests of users: 3 the same, 0 different, 0 not answered");
    assertThat(handled).hasValue(6);
    old.close();

    serve("{\"id\":%s,\"name\":\"\\u001b[2J\",\"token\":\"secret-2\"}");
    assertThat(
            run(
                "replay",
                "users",
                "--from",
                "10m",
                "--where",
                "/id=2",
                "--compare",
                "--redact",
                "*=/token"))
        .isEqualTo(1);
    assertThat(out.toString())
        .contains("  /name: \"ada\" -> \"\\u001B[2J\"", "  /token: \"***\" -> \"***\"")
        .contains("replayed 1 request of users: 0 the same, 1 different, 0 not answered")
        .doesNotContain("secret", "\u001b");
    assertThat(
            run(
                "replay",
                "users",
                "--from",
                "10m",
                "--compare",
                "--ignore",
                "/name,/token",
                "--json"))
        .isZero();
    assertThat(out.toString().lines()).hasSize(1);
    assertThat(out.toString()).contains("\"sent\":3,", "\"same\":3,", "\"different\":0,");

    assertThat(run("replay", "--list")).isZero();
    assertThat(out.toString().lines()).hasSize(3);
    assertThat(out.toString()).contains(": users ended, 3 requests, compared");
    assertThat(run("trail", out.toString().substring(0, 36))).isZero();
    assertThat(out.toString())
        .contains(" to users, at most 100 a second", "  ended at 2", "{requests=3, bytes=");
    assertThat(run("trail", "--last", "1", "users")).isZero();
    assertThat(out.toString()).contains("  sent again, as ", " was recorded, by replay ");
    assertThat(run("topics")).isZero();
    assertThat(out.toString()).doesNotContain("replay#", "audit");
  }

  @Test
  void what_was_sent_to_workers_that_are_not_there_is_taken_back() {
    Worker worker = serve("{\"id\":%s}");
    for (int i = 1; i <= 5; i++) {
      ask(i);
    }
    worker.close();
    Instant now = InstantSource.system().instant();
    ReplayPlan plan =
        ReplayPlan.of(Topic.of("users"), now.minusSeconds(60), now.plusSeconds(60)).withBacklog(2);
    String id;
    try (Replay replay = new Replays(leat.broker()).prepare(plan, "ada")) {
      id = replay.id();
      Replay.Result result =
          replay.run(
              ReplyComparison.OF_ALL,
              Redaction.NONE,
              new ReplayListener() {},
              () -> replay.left() == 3);
      assertThat(result.isStopped()).isTrue();
      assertThat(run("replay", "--undo", id)).isEqualTo(2);
      assertThat(err.toString()).contains("ada is at work on replay " + id + ": stop that first");
    }
    assertThat(run("replay", "--list")).isZero();
    assertThat(out.toString()).contains(id, " by ada: users stopped, 5 requests, 3 left");

    assertThat(run("replay", "--undo", id)).isZero();
    assertThat(out.toString()).contains("3 requests not sent, 2 taken back, 0 were begun by then");
    assertThat(run("replay", "--resume", id)).isEqualTo(2);
    assertThat(err.toString()).contains("replay " + id + " has been undone already, at 2");
    serve("{\"id\":%s}");
    ask(9);
    assertThat(handled).hasValue(6);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "replay | say one of: whose requests, as a TOPIC, --resume ID, --undo ID, or --list",
        "replay users | say which requests: --from TIME, such as 10m, or --id ID",
        "replay users --from soon | 'soon' is neither how long ago",
        "replay userz --from 1h | there is no topic 'userz': nobody has sent to it, or read it; there is a topic 'users'",
        "replay users --from 1h --where id | 'id' does not say what stands there, as in /user/id=7",
        "replay users --from 1h --where id=7 | 'id' is no JSON pointer, which begins with a slash",
        "replay users --from 1h --ignore at | 'at' does not say what is not compared",
        "replay users --from 1h --into nobody | nobody reads topic nobody, so nothing would be done",
        "replay users --from 1h --group g | topic users has no group 'g' that answers",
        "replay users --from 1h --rate 0/s | '0/s' is no rate",
        "replay users --from 1h --backlog 0 | a replay's backlog is at least 1, was 0",
        "replay users --from 1h --to 2h | , before it begins",
        "replay --resume 7 | there is no replay '7'; leat replay --list shows all",
        "replay --resume 7 --compare | what a replay sends was said when it began: leave --compare out",
        "replay --resume 7 --into x | what a replay sends was said when it began: leave --into out",
        "replay users --from 1h --rate 1e30/s | at most a million a second",
        "replay users --from 2099-01-01T00:00:00Z | nothing is recorded of a time that is still to come",
      })
  void what_is_asked_for_wrongly_is_refused_in_a_sentence(String command, String sentence) {
    Worker worker = serve("{\"id\":%s}");
    ask(1);
    assertThat(run(command.strip().split(" ", -1))).isEqualTo(2);
    assertThat(err.toString()).contains(sentence.strip());
    worker.close();
  }

  @Test
  void where_nothing_is_left_to_send_that_is_said() {
    serve("{\"id\":%s}");
    ask(1);
    assertThat(run("replay", "users", "--from", "10m", "--type", "other")).isEqualTo(1);
    assertThat(err.toString()).contains("of users nothing is remembered that could be sent again");
    assertThat(run("replay", "--list")).isZero();
    assertThat(out.toString()).contains("users ended, 0 requests");
  }

  private Worker serve(String reply) {
    return leat.worker("users")
        .on(
            "user.get",
            User.class,
            (user, request) -> {
              handled.incrementAndGet();
              return Payload.json(reply.formatted(user.id()));
            })
        .start();
  }

  record User(int id) {}

  private void ask(int id) {
    leat.caller().call("users", "user.get", new User(id), Payload.class, Duration.ofSeconds(5));
  }

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--broker=" + redis.url());
    return LeatCommand.line()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(all.toArray(String[]::new));
  }
}

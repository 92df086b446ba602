package dev.leat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Problem;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Lane;
import dev.leat.redis.RedisClient;
import dev.leat.redis.RedisServerProcess;
import dev.leat.testkit.Awaiting;
import dev.leat.trail.AuditLog;
import dev.leat.trail.LetterFilter;
import dev.leat.trail.Redrive;
import dev.leat.wire.DeadLetter;
import dev.leat.wire.StreamKeys;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class RedriveTest {
  private static final Instant THEN = Instant.parse("2026-11-25T03:00:00Z");

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final Leat leat = Leat.connect(redis.url());
  private final RedisClient client = new RedisClient(redis.port());
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void giveUpThree() {
    client.startGroup(StreamKeys.of(Topic.of("users").incoming()), "g");
    giveUp("1", "user.get", Problem.of(500, "Handler failed", "no database"), THEN);
    giveUp("2", "user.put", Problem.of(501, "No handler", ""), THEN.plusSeconds(60));
    giveUp("3", "user.put", Problem.of(500, "Handler failed", "no disk"), THEN.plusSeconds(120));
  }

  @AfterEach
  void stop() {
    leat.close();
    client.close();
    redis.close();
  }

  @Test
  void what_workers_of_streamerson_have_given_up_is_listed_and_sent_back_as_ours_is() {
    client.append(
        "users::DEFAULT::DEAD_LETTER",
        "messageId",
        "17",
        "reason",
        "max deliveries exceeded",
        "consumer",
        "node-1",
        "deliveryCount",
        "5",
        "payload",
        "{\"name\":\"ada\"}",
        "failedAt",
        "1764000000000");

    assertThat(run("dead-letters", "users", "--id", "17")).isZero();
    assertThat(out.toString().lines())
        .containsExactly("2025-11-24T16:00:00Z 17 resp attempts=5 max deliveries exceeded");
    assertThat(run("redrive", "users", "--id", "17")).isZero();
    assertThat(client.entries("users::DEFAULT::DEAD_LETTER")).isEmpty();
    assertThat(client.entries(StreamKeys.of(Topic.of("users").incoming())).getLast())
        .contains("messageId", "17", "messageType", "resp", "{\"name\":\"ada\"}");
  }

  @Test
  void dead_letters_are_listed_one_to_a_line() {
    assertThat(run("dead-letters", "users")).isZero();
    assertThat(out.toString().lines())
        .containsExactly(
            "2026-11-25T03:00:00Z 1 user.get attempts=2 Handler failed: no database",
            "2026-11-25T03:01:00Z 2 user.put attempts=2 No handler",
            "2026-11-25T03:02:00Z 3 user.put attempts=2 Handler failed: no disk");
  }

  @Test
  void as_json_they_say_all_that_is_known() {
    assertThat(run("dead-letters", "users", "--id", "1", "--json")).isZero();
    assertThat(out.toString().lines()).hasSize(1);
    assertThat(out.toString())
        .contains(
            "\"id\":\"1\"",
            "\"cause\":\"Handler failed\"",
            "\"attempts\":2",
            "\"stack\":\"at somewhere\"",
            "\"member\":\"m\"",
            "\"payload\":\"payload 1\"");
  }

  @Test
  void what_is_sent_back_can_be_chosen() {
    assertThat(run("redrive", "users", "--type", "user.put", "--dry-run")).isZero();
    assertThat(run("redrive", "users", "--since", "2026-11-25T03:02:00Z", "--dry-run")).isZero();
    assertThat(run("redrive", "users", "--cause", "DISK")).isZero();
    assertThat(run("redrive", "users", "--id", "1", "--id", "2", "--rate", "1000/s")).isZero();
    assertThat(run("redrive", "users")).isZero();

    assertThat(out.toString().lines())
        .containsExactly(
            "would redrive 2 dead letters of users",
            "would redrive 1 dead letter of users",
            "redrove 1 dead letter of users",
            "redrove 2 dead letters of users",
            "redrove 0 dead letters of users");
    assertThat(standing(Topic.of("users").incoming()))
        .extracting(Message::id)
        .containsExactly("3", "1", "2");
    Message again = standing(Topic.of("users").incoming()).getFirst();
    assertThat(again.payload().asText()).isEqualTo("payload 3");
    assertThat(again.headers().asMap()).containsOnly(Map.entry(Headers.GROUP, "g"));
    assertThat(standing(Topic.of("users").deadLetters())).isEmpty();
  }

  @Test
  void what_nobody_would_handle_stays_and_is_told_with_what_would_do() {
    Topic users = Topic.of("users");
    client.startGroup(StreamKeys.of(users.incoming()), "other");
    client.stopGroup(StreamKeys.of(users.incoming()), "g");

    assertThat(run("redrive", "users")).isEqualTo(1);
    assertThat(run("redrive", "users", "--group", "nobody")).isEqualTo(2);
    assertThat(standing(users.deadLetters())).hasSize(3);
    assertThat(run("redrive", "users", "--group", "other")).isZero();

    assertThat(out.toString().lines())
        .containsExactly("redrove 0 dead letters of users", "redrove 3 dead letters of users");
    assertThat(err.toString().lines())
        .containsExactly(
            "leat: 3 dead letters of group 'g' stay: there is no such group any more, --group"
                + " chooses another: other",
            "leat: topic users has no group 'nobody'; --group chooses another: other");
    assertThat(standing(users.incoming()))
        .extracting(message -> message.headers().get(Headers.GROUP).orElse(""))
        .containsExactly("other", "other", "other");
  }

  @Test
  void what_broke_the_protocol_stays_and_is_counted() {
    giveUp("4", "", Problem.of(400, DeadLetter.BROKEN_ENTRY, "it has 2 strings"), THEN);

    assertThat(run("redrive", "users")).isZero();
    assertThat(out.toString())
        .startsWith("redrove 3 dead letters of users; 1 whose entry is broken or lost stay");
    assertThat(standing(Topic.of("users").deadLetters()))
        .extracting(Message::id)
        .containsExactly("4");
  }

  @Test
  void whatever_clocks_say_each_is_sent_once_and_what_comes_meanwhile_is_left() {
    giveUp("4", "g", Problem.of(500, "Handler failed", ""), Instant.parse("2999-01-01T00:00:00Z"));
    Redrive.Result result =
        redrive(1_000, sent -> giveUp("again", "g", Problem.of(500, "Failed", ""), THEN), () -> 9);
    assertThat(result.sent()).isEqualTo(4);
    assertThat(standing(Topic.of("users").deadLetters()))
        .extracting(Message::id)
        .containsExactly("again", "again", "again", "again");
  }

  @Test
  void who_had_it_done_is_written_down_before_the_first_is_sent_and_how_it_ended() {
    AtomicLong sent = new AtomicLong();
    Redrive.Result result = redrive(1_000, sent::set, () -> 1 - sent.get());
    assertThat(result.isStopped()).isTrue();
    assertThat(run("redrive", "users", "--type", "none")).isZero();
    List<AuditLog.Action> actions = new AuditLog(leat.broker()).all();
    assertThat(actions)
        .extracting(AuditLog.Action::action)
        .containsExactly("redrive.begun", "redrive.ended");
    assertThat(actions)
        .allMatch(one -> one.by().equals("ada") && one.id().equals(actions.getFirst().id()));
    assertThat(actions.getLast().entry().payload().asText())
        .contains("\"sent\":1", "\"stopped\":true");
  }

  @Test
  void nothing_is_sent_to_a_group_that_goes_meanwhile() {
    Topic users = Topic.of("users");
    client.startGroup(StreamKeys.of(users.incoming()), "other");
    Redrive.Result result =
        redrive(0.8, sent -> client.stopGroup(StreamKeys.of(users.incoming()), "g"), () -> 9);
    assertThat(result).isEqualTo(new Redrive.Result(1, 0, 0, Map.of("g", 2L), false));
    assertThat(standing(users.deadLetters())).hasSize(2);
  }

  private Redrive.Result redrive(double rate, LongConsumer onSent, LongSupplier left) {
    return new Redrive(leat.broker(), Topic.of("users"), LetterFilter.ALL, "", rate)
        .run(onSent, () -> left.getAsLong() <= 0, "ada");
  }

  @Test
  void a_topic_that_is_misspelt_is_told() {
    assertThat(run("redrive", "uesrs")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines("leat: there is no topic 'uesrs': nothing was ever sent to it");
  }

  @Test
  void no_more_are_sent_than_the_rate_allows() {
    long begin = System.nanoTime();
    assertThat(run("redrive", "users", "--rate", "10/s")).isZero();
    assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(200_000_000);
  }

  @Test
  void mistakes_are_one_sentence() {
    assertThat(run("redrive", "users", "--rate", "fast")).isEqualTo(2);
    assertThat(run("redrive", "users", "--since", "yesterday")).isEqualTo(2);
    assertThat(run("dead-letters")).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(3).allMatch(line -> line.startsWith("leat: "));
    assertThat(err.toString()).contains("50/s", "2h", "TOPIC");
  }

  private int run(String... arguments) {
    CommandLine command =
        LeatCommand.line().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    List<String> all = new java.util.ArrayList<>(List.of(arguments));
    if (arguments.length > 0) {
      all.addAll(List.of("--broker", redis.url()));
    }
    return command.execute(all.toArray(String[]::new));
  }

  private List<Message> standing(StreamRef stream) {
    return Awaiting.result(leat.broker().range(stream, Position.START, 100)).stream()
        .map(entry -> entry.message())
        .toList();
  }

  private void giveUp(String id, String type, Problem cause, Instant at) {
    Message message =
        new Message(
            id,
            type,
            "somebody",
            Headers.of(Headers.DEADLINE, "1"),
            "",
            Payload.text("payload " + id));
    Message letter =
        DeadLetter.of(message, cause, 2, at).by("g", "m").withStack("at somewhere").written();
    Awaiting.result(
        CompletableFuture.supplyAsync(this::lane, leat.loop())
            .thenComposeAsync(
                lane ->
                    lane.append(List.of(new Append(Topic.of("users").deadLetters(), letter)))
                        .thenRun(lane::close),
                leat.loop()));
  }

  private Lane lane() {
    return leat.broker().openLane(leat.loop(), leat.nextLane(), replies -> {});
  }
}

package dev.leat.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class LeatCommandTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void help_lists_the_subcommands() {
    assertThat(run("help")).isZero();
    assertThat(out.toString()).contains("demo", "help", "--version");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void help_of_a_subcommand_says_its_options_and_their_defaults() {
    assertThat(run("help", "demo")).isZero();
    assertThat(out.toString()).contains("--port=N", "8080", "--broker=URL", "memory:");
  }

  @Test
  void a_shell_is_told_how_to_complete_subcommands_and_options() throws Exception {
    assertThat(run("completion")).isZero();
    Path script = Files.writeString(folder.resolve("completion.bash"), out.toString());

    String line =
        "source %s; COMP_WORDS=(leat gate); COMP_CWORD=1; _complete_leat; echo ${COMPREPLY[@]}"
            .formatted(script);
    Process bash = new ProcessBuilder("bash", "-c", line).start();
    assertThat(bash.inputReader().readLine()).isEqualTo("gateway");
    assertThat(out.toString()).contains("--check").doesNotContain("warm-up");
  }

  @Test
  void colours_and_progress_are_for_people_alone() {
    assertThat(Screen.of(false).bold("x")).isEqualTo("x");
    assertThat(Screen.of(true).bold("x")).isEqualTo("\u001b[1mx\u001b[0m");
    assertThat(Screen.isTerminal()).as("a test is not a person").isFalse();
    StringWriter shown = new StringWriter();
    PrintWriter screen = new PrintWriter(shown, true);
    assertThat(Progress.during(screen, "waiting", false, () -> "at once")).isEqualTo("at once");
    assertThat(shown.toString()).isEmpty();
    Progress.during(
        screen,
        "waiting",
        true,
        () -> {
          await().until(() -> shown.toString().contains("waiting, 1 s"));
          return "late";
        });
    assertThat(shown.toString()).endsWith("\r\u001b[K");
  }

  @Test
  void what_every_start_does_can_be_done_once_before() {
    assertThat(run("warm-up")).isZero();
  }

  @Test
  void the_version_is_the_one_that_was_built() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).matches("leat \\d+\\.\\d+\\.\\d+.*\\s*");
  }

  @Test
  void mistakes_are_one_sentence_that_says_where_to_look() {
    assertThat(run()).isEqualTo(2);
    assertThat(run("dmo")).isEqualTo(2);
    assertThat(run("demo", "--port", "x")).isEqualTo(2);
    assertThat(run("demo", "--port", "70000")).isEqualTo(2);
    assertThat(err.toString().lines())
        .hasSize(4)
        .allMatch(line -> line.startsWith("leat: ") && line.contains("--help'"));
    assertThat(err.toString())
        .contains("a subcommand is missing", "dmo", "'x' is not", "was 70000");
  }

  /** Every argument that has a form of its own, given in none. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "send a:b x {} | 'a:b'",
        "send a x {oops | not JSON",
        "send a x {} --header =y | name",
        "call a:b x {} | 'a:b'",
        "call a x {} --timeout soon | soon",
        "tail a:b | 'a:b'",
        "tail a --from bogus | 'bogus' is neither start nor now",
        "worker --topic a:b --type x -- cat | 'a:b'",
        "worker --topic a --type x --members 0 -- cat | '0' is not a number from 1 on",
        "worker --topic a --type x --concurrency -1 -- cat | '-1' is not a number from 1 on",
        "worker --topic a --type x --attempts 0 -- cat | '0' is not a number from 1 on",
        "worker --topic a --type x --from bogus -- cat | neither",
        "worker --topic a --type x --backoff soon -- cat | soon",
        "dead-letters a:b | 'a:b'",
        "redrive a:b | 'a:b'",
        "redrive a --rate fast | fast",
        "wroker --topic a | did you mean worker",
        "tail a --form start | --form"
      })
  void a_wrong_argument_is_one_sentence_that_names_it(String line) {
    String[] parts = line.split(" \\| ", 2);
    List<String> arguments = new ArrayList<>(List.of(parts[0].split(" ", -1)));
    arguments.addAll(1, List.of("--broker", "redis://127.0.0.1:1"));
    assertThat(run(arguments.toArray(String[]::new))).as(err.toString()).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(1).allMatch(said -> said.startsWith("leat: "));
    assertThat(err.toString()).contains(parts[1]);
  }

  @Test
  void an_unknown_scheme_is_one_sentence_without_the_password() {
    assertThat(run("demo", "--broker", "rabbit://ada:s3cret@host")).isEqualTo(2);
    assertThat(err.toString().strip())
        .isEqualTo(
            "leat: rabbit://***@host: no broker has the scheme 'rabbit:', known are file:, kafka:, memory:,"
                + " poor:, redis:, rediss:");
  }

  @Test
  void a_misspelt_option_of_a_broker_names_those_that_are_known() {
    assertThat(run("demo", "--broker", "memory:?entrees=1")).isEqualTo(2);
    assertThat(err.toString())
        .contains("there is no option 'entrees', known are answers, bytes, entries, history");
  }

  @Test
  void a_server_that_is_not_there_is_one_sentence() {
    assertThat(run("demo", "--broker", "redis://:s3cret@127.0.0.1:1/0")).isEqualTo(1);
    assertThat(err.toString().strip())
        .isEqualTo(
            "leat: redis://***@127.0.0.1:1/0: no Redis server answers there; start one, or name"
                + " another");
  }

  @Test
  void what_only_makes_sense_between_processes_refuses_the_embedded_broker() {
    assertThat(run("call", "users", "user.get", "--broker", "memory:")).isEqualTo(2);
    assertThat(run("demo", "--role", "users")).isEqualTo(2);
    assertThat(run("demo", "--role", "user")).isEqualTo(2);
    assertThat(err.toString())
        .contains("memory: is seen by one process alone", "needs a broker that processes share")
        .contains("--role is gateway, hello, users, posts, comments, was 'user'");
  }

  @Test
  void a_payload_or_a_duration_that_is_none_is_refused_before_anything_is_sent() {
    assertThat(run("call", "t", "x", "{oops", "--broker", "redis://127.0.0.1:1")).isEqualTo(2);
    assertThat(run("call", "t", "x", "--timeout", "soon")).isEqualTo(2);
    assertThat(run("worker", "--topic", "t", "--type", "x")).isEqualTo(2);
    assertThat(run("worker", "--topic", "t", "--type", "x", "--management", "here", "--", "cat"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("'here' is not an address such as 127.0.0.1:8080");
    assertThat(err.toString())
        .contains("the payload is not JSON: line 1", "'soon' is not a duration", "COMMAND");
  }

  @Test
  void a_file_is_checked_without_a_broker() throws IOException {
    Path right = folder.resolve("leat.yaml");
    Files.writeString(
        right,
        """
        broker: redis://:s3cret@127.0.0.1:1
        listen: ["127.0.0.1:8080", "[::1]:8081"]
        routes: [{method: GET, path: /a, topic: a, type: a}]
        """);

    assertThat(run("gateway", "--check", right.toString())).isZero();
    assertThat(out.toString().lines())
        .containsExactly(
            right
                + " is right: 1 routes, broker redis://***@127.0.0.1:1, listening on"
                + " http://127.0.0.1:8080, http://[::1]:8081",
            "  GET     /a                           -> a a");
    out.getBuffer().setLength(0);
    assertThat(run("gateway", "--check", "--json", right.toString())).isZero();
    assertThat(out.toString())
        .startsWith("[{\"method\":\"GET\",\"path\":\"/a\",\"topic\":\"a\",\"type\":\"a\"")
        .contains("\"reply\":\"private\",\"timeoutMillis\":10000");
  }

  @Test
  void a_file_that_is_wrong_is_a_sentence_a_line() throws IOException {
    Path wrong = folder.resolve("leat.yaml");
    Files.writeString(wrong, "brokr: x\nrouts: y\n");

    assertThat(run("gateway", "--check", wrong.toString())).isEqualTo(2);
    assertThat(run("gateway", wrong.toString())).isEqualTo(2);
    assertThat(err.toString().lines())
        .containsExactly(
            "leat.yaml:1: there is no key 'brokr' in the file, did you mean 'broker'?",
            "leat.yaml:2: there is no key 'routs' in the file, did you mean 'routes'?",
            "leat.yaml:1: there is no key 'brokr' in the file, did you mean 'broker'?",
            "leat.yaml:2: there is no key 'routs' in the file, did you mean 'routes'?");
  }

  private int run(String... arguments) {
    CommandLine line = LeatCommand.line();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(arguments);
  }
}

package dev.leat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The demo as a process of its own, used with curl as its users will. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DemoTest {
  private static final String LISTENING = "listening on ";

  private Process demo;
  private String base;
  private final List<String> welcome = new ArrayList<>();

  @BeforeAll
  void start() throws IOException {
    demo = leat("demo", "--port", "0");
    BufferedReader out = demo.inputReader();
    String line = out.readLine();
    while (line != null && !line.contains("Ctrl-C")) {
      welcome.add(line);
      line = out.readLine();
    }
    assertThat(welcome).isNotEmpty();
    assertThat(welcome.getFirst()).startsWith(LISTENING);
    base = welcome.getFirst().substring(LISTENING.length());
  }

  @AfterAll
  void stop() throws InterruptedException {
    demo.destroy();
    assertThat(demo.waitFor(20, TimeUnit.SECONDS)).as("ends when told to").isTrue();
  }

  @Test
  void every_curl_line_works_when_pasted() throws Exception {
    List<String> lines =
        welcome.stream().map(String::strip).filter(l -> l.startsWith("curl")).toList();
    List<String> answers = new ArrayList<>();
    for (String line : lines) {
      answers.add(bash(line.replaceFirst("curl", "curl -s")));
    }

    assertThat(answers).hasSize(6);
    assertThat(answers.get(0)).isEqualTo("{\"message\":\"hello, ada\"}");
    assertThat(answers.get(1)).contains("\"author\":{\"id\":\"1\",\"name\":\"ada\"}");
    assertThat(answers.get(2)).isEqualTo("{\"id\":\"3\",\"name\":\"grace\"}");
    assertThat(answers.get(3)).contains("note G");
    assertThat(answers.get(4)).contains("404 Not Found", "there is no user '99'");
    assertThat(answers.get(5)).startsWith("HTTP/1.1 204 No Content");
  }

  @Test
  void every_route_is_listed() {
    assertThat(welcome)
        .filteredOn(line -> line.contains("->"))
        .hasSize(13)
        .anyMatch(line -> line.matches(" +DELETE /posts/\\{id} +-> posts post.delete"));
  }

  @Test
  void a_post_goes_through_its_life() throws Exception {
    String json = " -H 'content-type: application/json' -d ";
    String created = curl("-i /posts" + json + "'{\"author\":\"2\",\"title\":\"On machines\"}'");
    assertThat(created).contains("201 Created").containsIgnoringCase("location: /posts/");
    String path = created.replaceAll("(?s).*location: (\\S+).*", "$1");

    assertThat(curl(path)).contains("On machines", "alan");
    assertThat(curl("/posts")).contains("On machines");
    assertThat(curl("-i -X DELETE " + path)).contains("204");
    assertThat(curl("-i " + path)).contains("404");
    assertThat(curl("-i -X DELETE " + path)).contains("404");
  }

  @Test
  void mistakes_are_explained() throws Exception {
    String json = " -H 'content-type: application/json' -d ";
    assertThat(curl("/posts" + json + "'{\"author\":\"77\",\"title\":\"x\"}'"))
        .contains("there is no user '77'");
    assertThat(curl("/users" + json + "'{}'")).contains("a user has a name");
    assertThat(curl("/users" + json + "'{'")).contains("Malformed JSON", "\"status\":400");
    assertThat(curl("/users -d x")).contains("\"status\":415", "application/json");
    assertThat(curl("-i -X PATCH /users")).contains("405", "GET, HEAD, OPTIONS, POST");
    assertThat(curl("/users/abc")).contains("there is no user 'abc'");
  }

  @Test
  void a_port_in_use_is_one_sentence() throws Exception {
    String port = base.substring(base.lastIndexOf(':') + 1);
    Process second = leat("demo", "--port", port);

    assertThat(errors(second))
        .singleElement()
        .asString()
        .contains(":" + port, "cannot be listened on");
    assertThat(second.waitFor()).isEqualTo(2);
  }

  @Test
  void an_interrupt_ends_it_cleanly() throws Exception {
    Process other = leat("demo", "--port", "0");
    BufferedReader out = other.inputReader();
    assertThat(out.readLine()).startsWith(LISTENING);
    bash("kill -INT " + other.pid());

    assertThat(other.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(errors(other)).isEmpty();
    assertThat(other.exitValue()).isEqualTo(130);
  }

  private String curl(String arguments) throws Exception {
    return bash("curl -s " + arguments.replaceFirst("(^| )/", "$1" + base + "/"));
  }

  private static List<String> errors(Process process) {
    return process.errorReader().lines().toList();
  }

  private static Process leat(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(LeatCommand.class.getName());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).start();
  }

  private static String bash(String line) throws IOException, InterruptedException {
    Process process = new ProcessBuilder("bash", "-c", line).start();
    String out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
            .lines()
            .reduce("", (all, next) -> all.isEmpty() ? next : all + "\n" + next);
    assertThat(process.waitFor()).as(line + ": " + String.join("\n", errors(process))).isZero();
    return out;
  }
}

package dev.leat.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.HandlerFailed;
import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.Reply;
import dev.leat.Topic;
import dev.leat.redis.RedisServerProcess;
import dev.leat.trail.TrailReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

public class ExportTest {
  private static final Duration LONG = Duration.ofSeconds(5);

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final Leat leat = Leat.connect(redis.url());
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir private Path folder;

  @AfterEach
  void stop() {
    leat.close();
    redis.close();
  }

  @Test
  void the_test_that_is_written_passes_with_the_same_handler_and_fails_with_another()
      throws Exception {
    leat.worker("users")
        .on(
            "user.get",
            Payload.class,
            (id, request) -> Payload.json("{\"name\":\"a\\u0001\u00e4\"}"))
        .start();
    startPosts(leat);
    assertThat(
            leat.caller()
                .with(Headers.of("http.param.id", "7 \"quoted\" \\ \u00fc"))
                .call("posts", "post.get", Payload.EMPTY, Payload.class, LONG)
                .asText())
        .contains("\"author\":{\"name\"");
    String id = lastId("posts");

    String test = export(id, "startPosts");
    assertThat(Files.readString(folder.resolve(test + ".java"))).contains("class " + test);
    runTest(test);

    Files.delete(folder.resolve(test + ".java"));
    String other = export(id, "startOtherPosts");
    assertThatThrownBy(() -> runTest(other))
        .hasRootCauseInstanceOf(AssertionError.class)
        .rootCause()
        .hasMessageContaining("where=/id")
        .hasMessageContaining("where=/more");
  }

  @Test
  void a_problem_is_expected_as_any_other_reply() throws Exception {
    startPosts(leat);
    assertThatThrownBy(
            () -> leat.caller().call("posts", "post.fail", Payload.text("x"), Payload.class, LONG))
        .isInstanceOf(HandlerFailed.class);
    runTest(export(lastId("posts"), "startPosts"));
  }

  @Test
  void large_payloads_and_those_that_are_no_text_are_sent_as_they_were() throws Exception {
    startPosts(leat);
    byte[] bytes = new byte[300_000];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    leat.caller().call("posts", "post.echo", Payload.binary(bytes), Payload.class, LONG);
    runTest(export(lastId("posts"), "startPosts"));
    leat.caller()
        .call("posts", "post.echo", Payload.text("\u20ac\n".repeat(60_000)), Payload.class, LONG);
    runTest(export(lastId("posts"), "startPosts"));
  }

  @Test
  void what_cannot_be_made_a_test_is_said() {
    String sent = leat.caller().send("posts", "post.get", Payload.EMPTY);
    assertThat(run("export", sent, "--junit")).isEqualTo(2);
    assertThat(err.toString()).contains("no reply to " + sent + " is remembered");
    assertThat(run("export", "nothing", "--junit")).isEqualTo(1);
    assertThat(err.toString()).contains("nothing is remembered of 'nothing'");
    assertThat(run("export", sent)).isEqualTo(2);
    assertThat(err.toString()).contains("say as what: --junit");
    assertThat(run("export", sent, "--junit", "--package", "a-b")).isEqualTo(2);
    assertThat(err.toString()).contains("'a-b' is no package");
  }

  /** Called by the tests that are written. */
  public static void startPosts(Leat leat) {
    leat.worker("posts")
        .on(
            "post.get",
            Payload.class,
            (payload, request) ->
                Payload.json(
                    "{\"id\":\"%s\",\"author\":%s}"
                        .formatted(request.param("id").orElse("").length(), user(leat).asText())))
        .on("post.fail", String.class, (text, request) -> Reply.problem(404, "Gone", "no " + text))
        .on("post.echo", Payload.class, (payload, request) -> payload)
        .start();
  }

  /** The same with another answer. */
  public static void startOtherPosts(Leat leat) {
    leat.worker("posts")
        .on(
            "post.get",
            Payload.class,
            (payload, request) ->
                Payload.json("{\"id\":1,\"author\":%s,\"more\":1}".formatted(user(leat).asText())))
        .start();
  }

  private static Payload user(Leat leat) {
    return leat.caller().call("users", "user.get", Payload.text("1"), Payload.class, LONG);
  }

  private String lastId(String topic) {
    return new TrailReader(leat.broker())
        .last(Topic.of(topic), 1, TrailReader.Choice.ALL)
        .findFirst()
        .orElseThrow()
        .request()
        .id();
  }

  private String export(String id, String start) {
    assertThat(
            run(
                "export",
                id,
                "--junit",
                "--start",
                "dev.leat.cli.ExportTest." + start + "(leat);",
                "--out",
                folder.toString()))
        .as(err.toString())
        .isZero();
    String path = out.toString().strip();
    return Path.of(path).getFileName().toString().replace(".java", "");
  }

  private void runTest(String name) throws Exception {
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-Werror",
                "-d",
                folder.toString(),
                "-cp",
                System.getProperty("java.class.path"),
                folder.resolve(name + ".java").toString());
    assertThat(compiled).isZero();
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, ExportTest.class.getClassLoader())) {
      Class<?> test = loader.loadClass(name);
      Constructor<?> constructor = test.getDeclaredConstructor();
      constructor.setAccessible(true);
      Method method = test.getDeclaredMethod("is_answered_as_it_was");
      method.setAccessible(true);
      method.invoke(constructor.newInstance());
    } catch (InvocationTargetException failed) {
      throw new IllegalStateException(failed.getCause());
    }
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

package dev.leat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Reply;
import dev.leat.redis.RedisServerProcess;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What {@code leat call} prints of answers in parts. */
class CallTest {
  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final Leat leat = Leat.connect(redis.url());
  private final PrintStream before = System.out;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final StringWriter err = new StringWriter();

  @AfterEach
  void stop() {
    System.setOut(before);
    leat.close();
    redis.close();
  }

  @Test
  void parts_are_printed_a_line_each_and_else_all_of_them_at_once() {
    leat.worker("poems")
        .on("poem", String.class, (title, request) -> Reply.parts(List.of("a", "b", "c")))
        .on(
            "broken",
            String.class,
            (title, request) ->
                Reply.inParts(
                    sink -> {
                      sink.write("a");
                      throw new IllegalStateException("no more");
                    }))
        .start();
    assertThat(run("call", "poems", "poem", "\"x\"", "--stream")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8).lines()).containsExactly("a", "b", "c");
    out.reset();
    assertThat(run("call", "poems", "poem", "\"x\"")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8).strip()).isEqualTo("[\"a\",\"b\",\"c\"]");
    out.reset();
    assertThat(run("call", "poems", "broken", "\"x\"", "--stream")).isEqualTo(1);
    assertThat(out.toString(StandardCharsets.UTF_8).lines()).containsExactly("a");
    assertThat(err.toString()).contains("\"status\":500");
  }

  private int run(String command, String... more) {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    String[] all = new String[more.length + 3];
    all[0] = command;
    System.arraycopy(more, 0, all, 1, more.length);
    all[more.length + 1] = "--broker";
    all[more.length + 2] = redis.url();
    return LeatCommand.line()
        .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(err, true))
        .execute(all);
  }
}

package dev.leat.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.BadConfiguration;
import dev.leat.DeadlineExceeded;
import dev.leat.HandlerFailed;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Worker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandHandlerTest {
  private static final String LARGE = "x".repeat(200_000);
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path folder;

  private final Leat leat = Leat.connect("memory:");

  @AfterEach
  void close() {
    leat.close();
  }

  @Test
  void a_command_that_reads_nothing_ends_at_its_deadline_and_its_place_is_free_again() {
    work("echo $$ >pid; test \"$LEAT_TYPE\" = quick && echo done || exec sleep 1000");

    assertThatThrownBy(() -> call("slow", LARGE, Duration.ofSeconds(1)))
        .isInstanceOf(DeadlineExceeded.class);
    assertThat(call("quick", LARGE, LONG)).isEqualTo("done\n");
  }

  @Test
  void a_command_ends_with_all_that_it_has_begun() {
    work("sleep 1000 & echo $! >pid; sh -c 'sleep 1000 & sleep 1000'");

    assertThatThrownBy(() -> call("slow", "", Duration.ofSeconds(1)))
        .isInstanceOf(DeadlineExceeded.class);
    await().until(() -> isGone(pid()));
  }

  @Test
  void who_still_holds_the_output_of_a_command_that_has_ended_goes_with_it() {
    work("sleep 1000 & echo $! >pid; echo answer");

    assertThat(call("quick", "", LONG)).isEqualTo("answer\n");
    await().until(() -> isGone(pid()));
  }

  @Test
  void an_output_without_end_is_a_failure_and_the_command_ends() {
    work("echo $$ >pid; exec yes");

    assertThatThrownBy(() -> call("loud", "", LONG))
        .isInstanceOf(HandlerFailed.class)
        .hasMessageContaining("its output is more than");
    await().until(() -> isGone(pid()));
  }

  @Test
  void a_worker_that_closes_ends_its_commands() {
    Worker worker = work("echo $$ >pid; exec sleep 1000");
    leat.caller().send("t", "slow", LARGE);
    await().until(() -> Files.exists(folder.resolve("pid")) && !pid().isEmpty());

    worker.close();
    await().until(() -> isGone(pid()));
  }

  @Test
  void a_program_that_is_not_there_is_told_at_once() {
    assertThatThrownBy(() -> new CommandHandler(List.of("no-such-program"), "memory:"))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("there is no program 'no-such-program'");
    assertThatThrownBy(() -> new CommandHandler(List.of(folder.toString()), "memory:"))
        .isInstanceOf(BadConfiguration.class);
  }

  @Test
  void what_holds_the_brokers_url_is_not_in_the_environment() {
    String known = System.getenv("PATH");
    leat.worker("t")
        .on("x", Message.class, new CommandHandler(List.of("/usr/bin/env"), known))
        .start();

    assertThat(call("x", "", LONG)).contains("LEAT_TYPE=x").doesNotContain(known);
  }

  private Worker work(String script) {
    CommandHandler handler =
        new CommandHandler(List.of("sh", "-c", "cd " + folder + "; " + script), "memory:");
    Worker worker = leat.worker("t").concurrency(1).drain(Duration.ofMillis(100));
    List.of("slow", "quick", "loud").forEach(type -> worker.on(type, Message.class, handler));
    worker.start();
    return worker;
  }

  private String call(String type, String payload, Duration timeout) {
    return leat.caller().call("t", type, payload, String.class, timeout);
  }

  private String pid() throws IOException {
    return Files.readString(folder.resolve("pid")).strip();
  }

  private static boolean isGone(String pid) {
    return ProcessHandle.of(Long.parseLong(pid)).filter(ProcessHandle::isAlive).isEmpty();
  }
}

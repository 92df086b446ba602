package dev.leat.cli;

import dev.leat.BadConfiguration;
import dev.leat.Encoding;
import dev.leat.Failure;
import dev.leat.Handler;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Problem;
import dev.leat.Reply;
import dev.leat.Request;
import dev.leat.wire.JsonSyntax;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs a command for each message. Any thread. */
final class CommandHandler implements Handler<Message> {
  /** Of what a command says on standard error, its sender sees this many characters. */
  private static final int CAUSE = 2_000;

  /** How long a command may take whose message names no deadline. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** Bytes that a command may answer; a reply may have no more. */
  private static final int MOST_OUTPUT = 16 << 20;

  /** How long somebody may still hold the output of a command that has ended. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private static final Set<String> OWN = Set.of("LEAT_BROKER", "LEAT_MANAGEMENT_TOKEN");

  /** What a process is known by, whoever began it. */
  private static final String MARKER = "LEAT_RUN";

  private final List<String> command;

  /** What no command is told: the broker, its password with it, and what it is managed with. */
  private final Set<String> secrets;

  /**
   * Runs a command.
   *
   * @param brokerUrl which no command gets to see
   * @throws BadConfiguration if there is no such program
   */
  CommandHandler(List<String> command, String brokerUrl) {
    this.command = List.copyOf(command);
    this.secrets =
        System.getenv().entrySet().stream()
            .filter(one -> OWN.contains(one.getKey()) || one.getValue().contains(brokerUrl))
            .map(Map.Entry::getKey)
            .collect(Collectors.toUnmodifiableSet());
    refuseUnlessThere(command.getFirst());
  }

  private static void refuseUnlessThere(String program) {
    boolean there =
        program.contains("/")
            ? isProgram(Path.of(program))
            : Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(folder -> isProgram(Path.of(folder, program)));
    if (!there) {
      throw new BadConfiguration(
          "there is no program '" + program + "' that could be run; is it spelt right?");
    }
  }

  private static boolean isProgram(Path path) {
    return Files.isExecutable(path) && !Files.isDirectory(path);
  }

  @Override
  public Object handle(Message message, Request request) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command);
    String run = UUID.randomUUID().toString();
    describe(request, builder.environment());
    builder.environment().keySet().removeAll(secrets);
    builder.environment().put(MARKER, run);
    Process process = builder.start();
    ProcessTree tree = new ProcessTree(process, MARKER + "=" + run);
    try {
      CommandOutput output = new CommandOutput(process.getInputStream(), MOST_OUTPUT, tree::kill);
      CommandOutput errors = new CommandOutput(process.getErrorStream(), 4 * CAUSE, () -> {});
      // On a thread of its own: a command that does not read would hold up this one for good.
      Thread.ofPlatform().daemon().start(() -> write(process.getOutputStream(), message.payload()));
      if (!process.waitFor(patience(request).toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException(command.getFirst() + " took longer than anybody waits");
      }
      awaitEnd(tree, output, errors);
      if (output.isMore()) {
        throw new Failure(
            Problem.of(
                500, "Command failed", "its output is more than %d bytes".formatted(MOST_OUTPUT)));
      }
      if (process.exitValue() != 0) {
        throw failure(process.exitValue(), errors.bytes());
      }
      return payload(output.bytes());
    } finally {
      // Also of one that has ended by itself: what it has begun is not looked after by anybody.
      tree.kill();
    }
  }

  /** Whoever still holds the output was begun by the command, and goes before it is read on. */
  private void awaitEnd(ProcessTree tree, CommandOutput output, CommandOutput errors)
      throws InterruptedException {
    if (!output.ends(LAST_WORDS) || !errors.ends(LAST_WORDS)) {
      tree.kill();
      if (!output.ends(PATIENCE) || !errors.ends(PATIENCE)) {
        throw new IllegalStateException("the output of " + command.getFirst() + " does not end");
      }
    }
  }

  private static void describe(Request request, Map<String, String> environment) {
    environment.put("LEAT_ID", request.id());
    environment.put("LEAT_TYPE", request.type());
    request
        .message()
        .headers()
        .forEach(
            (name, value) ->
                environment.put(
                    "LEAT_HEADER_" + name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_"),
                    value.replace('\0', ' ')));
  }

  /** Longer than its deadline, at which it is interrupted. */
  private static Duration patience(Request request) {
    return request
        .timeLeft()
        .filter(left -> left.compareTo(PATIENCE) < 0)
        .map(left -> left.plusSeconds(1))
        .orElse(PATIENCE);
  }

  /** A command that does not read its input may close it: that alone is no failure. */
  private static void write(OutputStream input, Payload payload) {
    try (input) {
      input.write(payload.bytes());
    } catch (IOException closed) {
      return;
    }
  }

  private static Failure failure(int exit, byte[] errors) {
    String said = new String(errors, StandardCharsets.UTF_8).strip();
    String cause = said.isEmpty() ? "exit code " + exit : said;
    return new Failure(
        Problem.of(500, "Command failed", cause.substring(0, Math.min(CAUSE, cause.length()))));
  }

  private static Object payload(byte[] output) {
    if (JsonSyntax.fault(output).isEmpty()) {
      return new Reply(200, Payload.of(Encoding.JSON, output), Headers.NONE);
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(output)).toString();
    } catch (CharacterCodingException binary) {
      return Payload.binary(output);
    }
  }
}

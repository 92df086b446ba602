package dev.leat.cli;

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
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs a command for each message. Any thread. */
final class CommandHandler implements Handler<Message> {
  /** Of what a command says on standard error, its sender sees this many characters. */
  private static final int CAUSE = 2_000;

  /** How long a command may take whose message names no deadline. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final List<String> command;

  CommandHandler(List<String> command) {
    this.command = List.copyOf(command);
  }

  @Override
  public Object handle(Message message, Request request) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command);
    describe(request, builder.environment());
    Process process = builder.start();
    try {
      CompletableFuture<byte[]> output = read(process.getInputStream());
      CompletableFuture<byte[]> errors = read(process.getErrorStream());
      write(process.getOutputStream(), message.payload());
      if (!process.waitFor(patience(request).toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException(command.getFirst() + " took longer than anybody waits");
      }
      if (process.exitValue() != 0) {
        throw failure(process.exitValue(), errors.join());
      }
      return payload(output.join());
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
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

  private static Duration patience(Request request) {
    return request.timeLeft().filter(left -> left.compareTo(PATIENCE) < 0).orElse(PATIENCE);
  }

  /** A command that does not read its input may close it: that alone is no failure. */
  private static void write(OutputStream input, Payload payload) {
    try (input) {
      input.write(payload.bytes());
    } catch (IOException closed) {
      return;
    }
  }

  private static CompletableFuture<byte[]> read(InputStream stream) {
    CompletableFuture<byte[]> all = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try (stream) {
            all.complete(stream.readAllBytes());
          } catch (IOException failure) {
            all.completeExceptionally(failure);
          }
        });
    return all;
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

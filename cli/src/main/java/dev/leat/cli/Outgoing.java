package dev.leat.cli;

import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Payload;
import dev.leat.wire.JsonSyntax;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** What {@code call} and {@code send} send. */
final class Outgoing {
  @Spec(Target.MIXEE)
  private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "TOPIC",
      converter = TopicNames.class,
      description = "Such as users, or shop::orders.")
  private String topic;

  @Parameters(index = "1", paramLabel = "TYPE", description = "Such as user.get.")
  private String type;

  @Parameters(
      index = "2",
      arity = "0..1",
      defaultValue = "",
      paramLabel = "JSON",
      description = "The payload; - reads it from standard input. Default: none.")
  private String json;

  @Option(
      names = "--header",
      paramLabel = "NAME=VALUE",
      description = "A header to send along; may be repeated.")
  private Map<String, String> headers = new LinkedHashMap<>();

  @Option(
      names = "--key",
      paramLabel = "KEY",
      description = "What it is about; workers that keep order handle one of a key at a time.")
  private @Nullable String key;

  String topic() {
    return topic;
  }

  String type() {
    return type;
  }

  Headers headers() {
    if (headers.containsKey("")) {
      throw new ParameterException(
          spec.commandLine(), "--header needs a name, such as --header a=b");
    }
    Headers.Builder all = Headers.builder();
    headers.forEach(all::set);
    if (key != null) {
      all.set(Headers.KEY, key);
    }
    return all.build();
  }

  Payload payload() throws IOException {
    byte[] bytes =
        json.equals("-") ? System.in.readAllBytes() : json.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0) {
      return Payload.EMPTY;
    }
    Optional<String> fault = JsonSyntax.fault(bytes);
    if (fault.isPresent()) {
      throw new ParameterException(
          spec.commandLine(), "the payload is not JSON: " + fault.orElseThrow());
    }
    return Payload.of(Encoding.JSON, bytes);
  }
}

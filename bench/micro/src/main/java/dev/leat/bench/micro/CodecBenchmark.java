package dev.leat.bench.micro;

import dev.leat.Dialect;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.wire.EntryStrings;
import dev.leat.wire.JsonSyntax;
import dev.leat.wire.StreamEntry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.openjdk.jmh.annotations.Benchmark;

/** A request as a stream has it, and the look at its body. */
public class CodecBenchmark extends MicroBenchmark {
  private final Message message =
      new Message(
          "01a214d2-489e-7000-a320-56fba576f02b",
          "echo",
          "leat:DEFAULT:gateway-1::REPLIES",
          Headers.of(
              Headers.HTTP_METHOD,
              "POST",
              Headers.HTTP_PATH,
              "/echo",
              Headers.DEADLINE,
              "1795648000000"),
          "gateway",
          Payload.json("{\"a\":\"" + "x".repeat(42) + "\"}"));
  private final EntryStrings entry = EntryStrings.of(StreamEntry.encode(message, Dialect.PACKED));

  private final byte[] large =
      ("{\"a\":\"" + "x".repeat(10_232) + "\"}").getBytes(StandardCharsets.UTF_8);

  /** Writes it. */
  @Benchmark
  public List<byte[]> encode() {
    return StreamEntry.encode(message, Dialect.PACKED);
  }

  /** Reads it. */
  @Benchmark
  public Message decode() {
    return StreamEntry.decode(entry);
  }

  /** Looks whether 10 KB are JSON. */
  @Benchmark
  public Optional<String> checkLarge() {
    return JsonSyntax.fault(large);
  }

  /** Looks whether its body is JSON. */
  @Benchmark
  public Optional<String> check() {
    return JsonSyntax.fault(message.payload().bytes());
  }
}

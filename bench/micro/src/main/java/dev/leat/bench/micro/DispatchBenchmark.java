package dev.leat.bench.micro;

import dev.leat.Leat;
import dev.leat.Payload;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** A call over the embedded broker: request, handler on a virtual thread, reply. */
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class DispatchBenchmark extends MicroBenchmark {
  private static final Payload PAYLOAD = Payload.json("{\"a\":1}");
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final Leat leat = Leat.connect("memory:");

  /** Starts the worker. */
  @Setup
  public void start() {
    leat.worker("echo").on("echo", Payload.class, (payload, request) -> payload).start();
  }

  /** Ends it. */
  @TearDown
  public void close() {
    leat.close();
  }

  /** One at a time. */
  @Benchmark
  @Threads(1)
  public Payload alone() {
    return leat.caller().call("echo", "echo", PAYLOAD, Payload.class, TIMEOUT);
  }

  /** Of 64 threads, each of which waits for its reply. */
  @Benchmark
  @Threads(64)
  public Payload together() {
    return leat.caller().call("echo", "echo", PAYLOAD, Payload.class, TIMEOUT);
  }
}

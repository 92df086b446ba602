package dev.leat.cli;

import dev.leat.Retention;
import dev.leat.Worker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How long a topic keeps what is done with, where that is to be another time than usual. */
final class KeepOptions {
  @Option(
      names = "--keep",
      paramLabel = "TIME",
      converter = Durations.class,
      description =
          "Have what is completed of the topics kept for so long, as 24h, whatever the broker's URL"
              + " says; until another is said. Default: 15m where --keep-bytes is given.")
  private @Nullable Duration keep;

  @Option(
      names = "--keep-bytes",
      paramLabel = "BYTES",
      converter = Bytes.class,
      description = "And up to so many bytes, as 256MiB. Default: 64MiB.")
  private @Nullable Long keepBytes;

  /** Tells a worker, if anything was said. */
  void sayTo(Worker worker) {
    if (keep != null || keepBytes != null) {
      worker.keep(
          new Retention(
              keep == null ? Retention.DEFAULT.age() : keep,
              keepBytes == null ? Retention.DEFAULT.bytes() : keepBytes));
    }
  }
}

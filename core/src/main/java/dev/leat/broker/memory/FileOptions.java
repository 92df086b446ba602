package dev.leat.broker.memory;

import dev.leat.BadConfiguration;
import dev.leat.broker.BrokerUrl;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a folder is written to.
 *
 * @param name of the broker, for sentences
 * @param path the folder
 * @param sync how long what is answered may not be on the disk; zero where all is before it is
 *     answered
 * @param segment bytes of one of its files
 * @param keep how long a file stays, for looking at, in which nothing is needed
 * @param keepBytes that such files may take
 */
record FileOptions(
    String name, Path path, Duration sync, int segment, Duration keep, long keepBytes) {
  static final String SYNC = "sync";
  static final String SEGMENT = "segment";
  static final String KEEP = "keep";
  static final String KEEP_BYTES = "keep-bytes";
  static final Set<String> NAMES = Set.of(SYNC, SEGMENT, KEEP, KEEP_BYTES);

  private static final String ALWAYS = "always";
  private static final int LEAST_SEGMENT = 256 << 10;
  private static final int DEFAULT_SEGMENT = 64 << 20;
  private static final Duration DEFAULT_KEEP = Duration.ofMinutes(15);
  private static final long DEFAULT_KEEP_BYTES = 256L << 20;
  private static final Pattern TIME = Pattern.compile("([0-9]{1,6})(ms|s|m|h)");

  static FileOptions of(BrokerUrl url) {
    return new FileOptions(
        url.toString(),
        folder(url),
        sync(url),
        segment(url),
        keep(url),
        Limits.number(url, KEEP_BYTES, DEFAULT_KEEP_BYTES, 0, Long.MAX_VALUE));
  }

  /** For a folder whose largest file has so many bytes. */
  static FileOptions compacting(Path path, long largest) {
    int segment = Math.clamp(largest / 3 * 2, LEAST_SEGMENT, DEFAULT_SEGMENT);
    return new FileOptions("file:" + path, path, Duration.ZERO, segment, Duration.ZERO, 0);
  }

  boolean syncsAlways() {
    return sync.isZero();
  }

  /** Bytes of a file: a frame that was begun before it was full has room behind. */
  long allocated() {
    return segment + segment / 2L;
  }

  /** Bytes after which the next file begins. */
  long full() {
    return segment - segment / 4L;
  }

  /** Bytes that may wait to be written, and the most of one message. */
  int most() {
    return segment / 4;
  }

  /** Bytes that the disk needs: one file that is written, one that comes, one that goes. */
  long least() {
    return 3 * allocated();
  }

  private static Path folder(BrokerUrl url) {
    String path = url.uri().getPath();
    if (url.uri().getHost() != null || path == null || !path.startsWith("/") || path.equals("/")) {
      throw new BadConfiguration(
          url + ": a path is absolute and names a folder, as in file:/var/lib/leat");
    }
    try {
      return Path.of(path).normalize();
    } catch (InvalidPathException invalid) {
      throw new BadConfiguration(url + ": that is no path", invalid);
    }
  }

  private static Duration sync(BrokerUrl url) {
    String text = url.options().getOrDefault(SYNC, ALWAYS);
    if (text.equals(ALWAYS)) {
      return Duration.ZERO;
    }
    Optional<Duration> every = time(text).filter(Duration::isPositive);
    if (every.isPresent()) {
      return every.orElseThrow();
    }
    throw new BadConfiguration(
        "%s: 'sync' is always, or how often, as in 1s or 100ms, was '%s'".formatted(url, text));
  }

  private static Duration keep(BrokerUrl url) {
    String text = url.options().get(KEEP);
    return text == null
        ? DEFAULT_KEEP
        : time(text)
            .orElseThrow(
                () ->
                    new BadConfiguration(
                        "%s: 'keep' is how long, as in 15m or 24h, was '%s'".formatted(url, text)));
  }

  private static Optional<Duration> time(String text) {
    Matcher time = TIME.matcher(text);
    if (!time.matches()) {
      return Optional.empty();
    }
    long number = Long.parseLong(time.group(1));
    return Optional.of(
        switch (time.group(2)) {
          case "ms" -> Duration.ofMillis(number);
          case "s" -> Duration.ofSeconds(number);
          case "m" -> Duration.ofMinutes(number);
          default -> Duration.ofHours(number);
        });
  }

  private static int segment(BrokerUrl url) {
    return (int) Limits.number(url, SEGMENT, DEFAULT_SEGMENT, LEAST_SEGMENT, 1 << 30);
  }
}

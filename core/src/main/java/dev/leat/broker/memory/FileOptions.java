package dev.leat.broker.memory;

import dev.leat.BadConfiguration;
import dev.leat.Durations;
import dev.leat.Retention;
import dev.leat.broker.BrokerUrl;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * How a folder is written to.
 *
 * @param name of the broker, for sentences
 * @param path the folder
 * @param sync how long what is answered may not be on the disk; zero where all is before it is
 *     answered
 * @param segment bytes of one of its files
 * @param kept how long a file stays, for looking at, in which nothing is needed; and bytes that
 *     such files may take
 */
record FileOptions(String name, Path path, Duration sync, int segment, Retention kept) {
  static final String SYNC = "sync";
  static final String SEGMENT = "segment";
  static final Set<String> NAMES = Set.of(SYNC, SEGMENT, BrokerUrl.KEEP, BrokerUrl.KEEP_BYTES);

  private static final String ALWAYS = "always";
  private static final int LEAST_SEGMENT = 256 << 10;
  private static final int DEFAULT_SEGMENT = 64 << 20;

  /** Of all streams together. */
  private static final Retention DEFAULT_KEPT = new Retention(Duration.ofMinutes(15), 256L << 20);

  static FileOptions of(BrokerUrl url) {
    return new FileOptions(
        url.toString(), folder(url), sync(url), segment(url), url.retention("", DEFAULT_KEPT));
  }

  /** For a folder whose largest file has so many bytes. */
  static FileOptions compacting(Path path, long largest) {
    int segment = Math.clamp(largest / 3 * 2, LEAST_SEGMENT, DEFAULT_SEGMENT);
    return new FileOptions(
        "file:" + path, path, Duration.ZERO, segment, new Retention(Duration.ZERO, 0));
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
    Optional<Duration> every = Durations.parse(text).filter(Duration::isPositive);
    if (every.isPresent()) {
      return every.orElseThrow();
    }
    throw new BadConfiguration(
        "%s: 'sync' is always, or how often, as in 1s or 100ms, was '%s'".formatted(url, text));
  }

  private static int segment(BrokerUrl url) {
    return (int) url.number(SEGMENT, DEFAULT_SEGMENT, LEAST_SEGMENT, 1 << 30);
  }
}

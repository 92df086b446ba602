package dev.leat.wire;

import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.JsonRecyclerPools;

/** Says whether bytes are JSON, without keeping anything of it. Any thread. */
public final class JsonSyntax {
  /**
   * Buffers of a thread's own for the threads that stay, event loops above all, which saves what
   * they would do to share them; virtual threads, of which there are many, make them anew, since a
   * check needs few.
   */
  private static final JsonFactory ON_PLATFORM_THREADS =
      JsonFactory.builder().recyclerPool(JsonRecyclerPools.threadLocalPool()).build();

  private static final JsonFactory ON_VIRTUAL_THREADS =
      JsonFactory.builder().recyclerPool(JsonRecyclerPools.nonRecyclingPool()).build();

  private JsonSyntax() {}

  /**
   * Where bytes are not exactly one JSON value in UTF-8; empty when they are. Nesting deeper than
   * Jackson reads (500) counts as a fault.
   */
  public static Optional<String> fault(byte[] bytes) {
    if (PlainJson.is(bytes)) {
      return Optional.empty();
    }
    // Jackson takes what is too long for its character, and halves of pairs.
    if (isWide(bytes) || !Utf8.is(bytes)) {
      return Optional.of("it is not UTF-8");
    }
    JsonFactory factory =
        Thread.currentThread().isVirtual() ? ON_VIRTUAL_THREADS : ON_PLATFORM_THREADS;
    try (JsonParser json = factory.createParser(ObjectReadContext.empty(), bytes)) {
      if (json.nextToken() == null) {
        return Optional.of("it is empty");
      }
      json.skipChildren();
      return json.nextToken() == null ? Optional.empty() : Optional.of("it goes on after its end");
    } catch (JacksonException malformed) {
      TokenStreamLocation at = malformed.getLocation();
      return Optional.of(
          at == null
              ? "it cannot be read"
              : "line %d, column %d".formatted(at.getLineNr(), at.getColumnNr()));
    }
  }

  /** UTF-16 and UTF-32, which the parser would guess at, have a zero byte among the first two. */
  private static boolean isWide(byte[] bytes) {
    return bytes.length >= 2
        && (bytes[0] == 0
            || bytes[1] == 0
            || (bytes[0] == (byte) 0xFE && bytes[1] == (byte) 0xFF)
            || (bytes[0] == (byte) 0xFF && bytes[1] == (byte) 0xFE));
  }
}

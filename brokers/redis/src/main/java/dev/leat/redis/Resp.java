package dev.leat.redis;

import dev.leat.BrokerUnavailable;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a Redis server answers (RESP, version 2). */
sealed interface Resp {
  /** A string, simple or bulk. */
  final class Text implements Resp {
    private final byte[] content;

    Text(byte[] content) {
      this.content = content;
    }
  }

  /** An integer. */
  record Whole(long value) implements Resp {}

  /** Several values. */
  record Array(List<Resp> items) implements Resp {}

  /** An error, as the server words it. */
  record Failure(String message) implements Resp {}

  /** Nothing: a string or array that is not there. */
  record Nil() implements Resp {}

  /** The items of an array; none where there is nothing. */
  default List<Resp> items() {
    return switch (this) {
      case Array array -> array.items();
      case Nil nil -> List.of();
      default -> throw unexpected();
    };
  }

  /** The bytes of a string. */
  default byte[] bytes() {
    return switch (this) {
      case Text text -> text.content;
      default -> throw unexpected();
    };
  }

  /** A string as text. */
  default String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  /** An integer. */
  default long number() {
    return switch (this) {
      case Whole number -> number.value();
      default -> throw unexpected();
    };
  }

  private BrokerUnavailable unexpected() {
    return new BrokerUnavailable(
        "Redis answered what was not asked for: " + getClass().getSimpleName());
  }
}

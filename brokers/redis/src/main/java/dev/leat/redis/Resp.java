package dev.leat.redis;

import dev.leat.BrokerUnavailable;
import dev.leat.wire.EntryStrings;
import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.List;
import java.util.Objects;

/** What a Redis server answers (RESP, version 2). */
sealed interface Resp
    permits Resp.Text, Resp.Whole, Resp.Array, Resp.Strings, Resp.Failure, Resp.Nil, RawEntry {
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

  /** Several strings, and nothing else; they stay in what was read. */
  record Strings(EntryStrings strings) implements Resp {}

  /** An error, as the server words it. */
  record Failure(String message) implements Resp {}

  /** Nothing: a string or array that is not there. */
  record Nil() implements Resp {}

  /** The items of an array; none where there is nothing. */
  default List<Resp> items() {
    return switch (this) {
      case Array array -> array.items();
      case Strings several -> new Texts(several.strings());
      case RawEntry entry ->
          List.of(
              new Text(entry.id().getBytes(StandardCharsets.US_ASCII)),
              new Strings(entry.content()));
      case Nil nil -> List.of();
      default -> throw unexpected();
    };
  }

  /** The strings of an array that holds nothing else; none where there is nothing. */
  default EntryStrings strings() {
    return switch (this) {
      case Strings several -> several.strings();
      case Array array -> EntryStrings.of(array.items().stream().map(Resp::bytes).toList());
      case Nil nil -> EntryStrings.of(List.of());
      default -> throw unexpected();
    };
  }

  /** Whether there is nothing: an array that is not there or has no items. */
  default boolean isNothing() {
    return this instanceof Nil || (this instanceof Array array && array.items().isEmpty());
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

  /** Each is copied when it is asked for. */
  final class Texts extends AbstractList<Resp> {
    private final EntryStrings strings;

    private Texts(EntryStrings strings) {
      this.strings = strings;
    }

    @Override
    public Resp get(int index) {
      return new Text(strings.get(Objects.checkIndex(index, size())));
    }

    @Override
    public int size() {
      return strings.size();
    }
  }

  private BrokerUnavailable unexpected() {
    return new BrokerUnavailable(
        "Redis answered what was not asked for: " + getClass().getSimpleName());
  }
}

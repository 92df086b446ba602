package dev.leat.wire;

import dev.leat.BadMessage;
import dev.leat.Dialect;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A message as the strings of one stream entry, in either dialect. Any thread.
 *
 * <p>Eight strings are always the packed form; what names its {@code messageId} is the named one.
 */
public final class StreamEntry {
  private StreamEntry() {}

  /** The entry of a message. Arrays in it are shared with the message and with other entries. */
  public static List<byte[]> encode(Message message, Dialect dialect) {
    EncodedEntry entry = EncodedEntry.of(message, dialect);
    List<byte[]> strings = new ArrayList<>(entry.size());
    entry.writeTo(
        new EntrySink() {
          @Override
          public void add(byte[] string) {
            strings.add(string);
          }

          @Override
          public void add(String string) {
            strings.add(Utf8.encode(string));
          }
        });
    return strings;
  }

  /** The dialect that an entry is written in; what is in none counts as packed. */
  public static Dialect dialect(EntryStrings entry) {
    return entry.size() != PackedEntry.STRINGS && NamedEntry.is(entry)
        ? Dialect.NAMED
        : Dialect.PACKED;
  }

  /**
   * The message of an entry.
   *
   * @throws BadMessage if the entry breaks the protocol; the sentence says where
   */
  public static Message decode(EntryStrings entry) {
    return switch (dialect(entry)) {
      case PACKED -> PackedEntry.decode(entry);
      case NAMED -> NamedEntry.decode(entry);
    };
  }

  /**
   * The message of an entry of a stream, which may be one that others keep dead letters in.
   *
   * @throws BadMessage if the entry breaks the protocol; the sentence says where
   */
  public static Message decode(String stream, EntryStrings entry) {
    return StreamKeys.isOthersDeadLetters(stream) ? StreamersonLetter.decode(entry) : decode(entry);
  }

  /**
   * Whoever waits for the answer to an entry that breaks the protocol: a message of nothing but its
   * id and destination. Empty if these cannot be read, or nobody waits.
   */
  public static Optional<Message> asker(EntryStrings entry) {
    Optional<String> id = id(entry);
    return readable(entry, 2, NamedEntry.DESTINATION)
        .filter(destination -> id.isPresent())
        .map(
            destination ->
                new Message(id.orElseThrow(), "", destination, Headers.NONE, "", Payload.EMPTY));
  }

  /** The message id of an entry that breaks the protocol; empty if it cannot be read either. */
  public static Optional<String> id(EntryStrings entry) {
    return readable(entry, 0, NamedEntry.ID);
  }

  /** Who sent an entry that breaks the protocol; empty if that is not said, or cannot be read. */
  public static Optional<String> source(EntryStrings entry) {
    return readable(entry, 5, NamedEntry.SOURCE);
  }

  /** One string of an entry that breaks the protocol; empty if there is nothing in its place. */
  private static Optional<String> readable(EntryStrings entry, int position, byte[] name) {
    try {
      int at = dialect(entry) == Dialect.NAMED ? NamedEntry.valueOf(entry, name) : position;
      return at < entry.size()
          ? Optional.of(entry.text(at, "the string")).filter(text -> !text.isEmpty())
          : Optional.empty();
    } catch (BadMessage unreadable) {
      return Optional.empty();
    }
  }

  /**
   * The strings of an entry as a JSON array, for people to look at: each as it is where it is
   * UTF-8, else as an object whose {@code base64} it is.
   */
  public static Payload raw(EntryStrings entry) {
    List<Object> strings = new ArrayList<>(entry.size());
    for (int i = 0; i < entry.size(); i++) {
      try {
        strings.add(entry.text(i, "the string"));
      } catch (BadMessage bytes) {
        strings.add(Map.of("base64", Base64.getEncoder().encodeToString(entry.get(i))));
      }
    }
    return PayloadCodec.write(strings);
  }
}

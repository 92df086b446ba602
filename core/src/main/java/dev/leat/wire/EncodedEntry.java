package dev.leat.wire;

import dev.leat.Dialect;
import dev.leat.Message;

/**
 * A message that is about to become the strings of an entry; whatever could fail has been done.
 * Does not change; any thread. Hot path: the strings go to where they are sent from.
 */
public final class EncodedEntry {
  private final Message message;
  private final byte[] headers;
  private final Dialect dialect;

  private EncodedEntry(Message message, byte[] headers, Dialect dialect) {
    this.message = message;
    this.headers = headers;
    this.dialect = dialect;
  }

  /** The entry of a message. */
  public static EncodedEntry of(Message message, Dialect dialect) {
    return new EncodedEntry(message, HeadersJson.encode(message.headers()), dialect);
  }

  /** How many strings it has. */
  public int size() {
    return switch (dialect) {
      case PACKED -> PackedEntry.STRINGS;
      case NAMED -> NamedEntry.STRINGS;
    };
  }

  /** Writes all of them; arrays among them are the message's. */
  public void writeTo(EntrySink sink) {
    switch (dialect) {
      case PACKED -> PackedEntry.write(message, headers, sink);
      case NAMED -> NamedEntry.write(message, headers, sink);
    }
  }
}

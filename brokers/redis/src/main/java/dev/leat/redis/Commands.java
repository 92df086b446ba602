package dev.leat.redis;

import dev.leat.Dialect;
import dev.leat.StreamRef;
import dev.leat.broker.Append;
import dev.leat.broker.Note;
import dev.leat.wire.EncodedEntry;
import dev.leat.wire.StreamEntry;
import dev.leat.wire.StreamKeys;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Commands that are sent from more than one place. */
final class Commands {
  private static final byte[] XADD = "XADD".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NOMKSTREAM = "NOMKSTREAM".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ANY_ID = "*".getBytes(StandardCharsets.US_ASCII);

  private Commands() {}

  /** A note as it is kept. */
  static List<byte[]> strings(Note note) {
    return StreamEntry.encode(note.message(), Dialect.PACKED);
  }

  /** Whether an append must not bring the stream into being. */
  static boolean isOnlyIfThere(String stream) {
    return StreamKeys.isPrivateReplies(stream);
  }

  /** Whether that holds for where a message is appended. */
  static boolean isOnlyIfThere(StreamRef stream) {
    return stream instanceof StreamRef.At at && isOnlyIfThere(at.address());
  }

  /**
   * A reply whose lane has gone, and its stream with it, must not make that stream anew. Hot path.
   */
  static Writable append(Append append) {
    String stream = StreamKeys.of(append.stream());
    boolean onlyIfThere = isOnlyIfThere(stream);
    EncodedEntry entry = EncodedEntry.of(append.message(), append.dialect());
    return out -> {
      out.begin((onlyIfThere ? 4 : 3) + entry.size());
      out.add(XADD);
      out.add(stream);
      if (onlyIfThere) {
        out.add(NOMKSTREAM);
      }
      out.add(ANY_ID);
      entry.writeTo(out);
    };
  }
}

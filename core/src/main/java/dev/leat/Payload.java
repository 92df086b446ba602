package dev.leat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The content of a message: bytes, and how they are encoded.
 *
 * <p>The bytes are neither copied in nor out, because the hot path passes every payload through
 * here: whoever holds the array must not change it.
 */
public final class Payload {
  /** No content at all; what an empty request body becomes. */
  public static final Payload EMPTY = new Payload(Encoding.BINARY, new byte[0]);

  private final Encoding encoding;
  private final byte[] bytes;

  private Payload(Encoding encoding, byte[] bytes) {
    this.encoding = encoding;
    this.bytes = bytes;
  }

  /** A payload of these bytes, not copied. */
  public static Payload of(Encoding encoding, byte[] bytes) {
    return new Payload(encoding, bytes);
  }

  /** JSON text that is already written; it is not checked here. */
  public static Payload json(String json) {
    return new Payload(Encoding.JSON, json.getBytes(StandardCharsets.UTF_8));
  }

  /** Plain text. */
  public static Payload text(String text) {
    return new Payload(Encoding.TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Raw bytes, not copied. */
  public static Payload binary(byte[] bytes) {
    return new Payload(Encoding.BINARY, bytes);
  }

  /** How the bytes are to be read. */
  public Encoding encoding() {
    return encoding;
  }

  /** The bytes themselves, not a copy; do not change them. */
  public byte[] bytes() {
    return bytes;
  }

  /** Number of bytes. */
  public int size() {
    return bytes.length;
  }

  /** The bytes read as UTF-8, whatever the encoding; malformed input becomes U+FFFD. */
  public String asText() {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Payload that
        && encoding == that.encoding
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return 31 * encoding.hashCode() + Arrays.hashCode(bytes);
  }

  /** Says size and encoding only: payloads may hold what must not reach a log. */
  @Override
  public String toString() {
    return encoding.wireName() + "[" + bytes.length + " bytes]";
  }
}

package dev.leat;

/** How a payload's bytes are to be read; the wire calls it the protocol. */
public enum Encoding {
  /** UTF-8 JSON text. */
  JSON("json"),
  /** UTF-8 plain text. */
  TEXT("text"),
  /** Bytes that mean nothing to Leat. */
  BINARY("binary");

  private final String wireName;

  Encoding(String wireName) {
    this.wireName = wireName;
  }

  /** The word that stands for this encoding on the wire. */
  public String wireName() {
    return wireName;
  }

  /** The media type that a payload has when no {@code content-type} header says otherwise. */
  public String mediaType() {
    return switch (this) {
      case JSON -> "application/json";
      case TEXT -> "text/plain; charset=utf-8";
      case BINARY -> "application/octet-stream";
    };
  }
}

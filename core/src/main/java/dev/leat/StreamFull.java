package dev.leat;

/** A bounded stream holds as much unfinished work as it may; nothing was appended. */
public final class StreamFull extends LeatException {
  private static final long serialVersionUID = 1L;

  /** An error with a sentence that says what to do. */
  public StreamFull(String message) {
    super(Remedy.TRY_LATER, message, null);
  }

  /** The same, with what led to it. */
  public StreamFull(String message, Throwable cause) {
    super(Remedy.TRY_LATER, message, cause);
  }
}

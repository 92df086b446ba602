package dev.leat;

/** A message breaks the protocol, or its payload is not what its receiver takes. */
public final class BadMessage extends LeatException {
  private static final long serialVersionUID = 1L;

  /** An error with a sentence that says what to do. */
  public BadMessage(String message) {
    super(Remedy.FIX_REQUEST, message, null);
  }

  /** The same, with what led to it. */
  public BadMessage(String message, Throwable cause) {
    super(Remedy.FIX_REQUEST, message, cause);
  }
}

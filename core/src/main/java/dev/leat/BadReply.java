package dev.leat;

/** A reply came in time but could not be read into what its caller expects. */
public final class BadReply extends LeatException {
  private static final long serialVersionUID = 1L;

  /** An error with a sentence that says what to do. */
  public BadReply(String message) {
    super(Remedy.FIX_HANDLER, message, null);
  }

  /** The same, with what led to it. */
  public BadReply(String message, Throwable cause) {
    super(Remedy.FIX_HANDLER, message, cause);
  }
}

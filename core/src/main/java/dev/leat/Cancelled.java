package dev.leat;

/** The request was given up by its caller before a reply came. */
public final class Cancelled extends LeatException {
  private static final long serialVersionUID = 1L;

  /** An error with a sentence that says what to do. */
  public Cancelled(String message) {
    super(Remedy.NONE, message, null);
  }

  /** The same, with what led to it. */
  public Cancelled(String message, Throwable cause) {
    super(Remedy.NONE, message, cause);
  }
}

package dev.leat;

/** No reply came in time. The work may still have been done, or be done later. */
public final class DeadlineExceeded extends LeatException {
  private static final long serialVersionUID = 1L;

  /** An error with a sentence that says what to do. */
  public DeadlineExceeded(String message) {
    super(Remedy.TRY_LATER, message, null);
  }

  /** The same, with what led to it. */
  public DeadlineExceeded(String message, Throwable cause) {
    super(Remedy.TRY_LATER, message, cause);
  }
}

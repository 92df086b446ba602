package dev.leat;

/** The broker in use lacks a capability that was asked for by name. */
public final class Unsupported extends LeatException {
  private static final long serialVersionUID = 1L;

  /** An error with a sentence that says what to do. */
  public Unsupported(String message) {
    super(Remedy.FIX_CONFIGURATION, message, null);
  }

  /** The same, with what led to it. */
  public Unsupported(String message, Throwable cause) {
    super(Remedy.FIX_CONFIGURATION, message, cause);
  }
}

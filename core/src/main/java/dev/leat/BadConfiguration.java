package dev.leat;

/** A setting is wrong: an unknown scheme, a URL that cannot be read, an option out of range. */
public final class BadConfiguration extends LeatException {
  private static final long serialVersionUID = 1L;

  /** An error with a sentence that says what to do. */
  public BadConfiguration(String message) {
    super(Remedy.FIX_CONFIGURATION, message, null);
  }

  /** The same, with what led to it. */
  public BadConfiguration(String message, Throwable cause) {
    super(Remedy.FIX_CONFIGURATION, message, cause);
  }
}

package dev.leat;

/** The broker cannot be reached, or was closed. */
public final class BrokerUnavailable extends LeatException {
  private static final long serialVersionUID = 1L;

  /** An error with a sentence that says what to do. */
  public BrokerUnavailable(String message) {
    super(Remedy.CHECK_BROKER, message, null);
  }

  /** The same, with what led to it. */
  public BrokerUnavailable(String message, Throwable cause) {
    super(Remedy.CHECK_BROKER, message, cause);
  }
}

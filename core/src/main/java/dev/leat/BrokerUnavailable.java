package dev.leat;

import org.jspecify.annotations.Nullable;

/** The broker cannot be reached, or was closed. */
public final class BrokerUnavailable extends LeatException {
  private static final long serialVersionUID = 1L;

  /** Whether what was asked for may be done. */
  private final boolean uncertain;

  /** An error with a sentence that says what to do; nothing of what was asked for is done. */
  public BrokerUnavailable(String message) {
    this(message, null, false);
  }

  /** The same, with what led to it. */
  public BrokerUnavailable(String message, Throwable cause) {
    this(message, cause, false);
  }

  private BrokerUnavailable(String message, @Nullable Throwable cause, boolean uncertain) {
    super(Remedy.CHECK_BROKER, message, cause);
    this.uncertain = uncertain;
  }

  /** It went away while it was asked: nobody knows whether that was done. */
  public static BrokerUnavailable inTheMidst(String message, @Nullable Throwable cause) {
    return new BrokerUnavailable(message, cause, true);
  }

  /**
   * Whether what was asked for may have been done all the same. Then it is not to be repeated
   * without looking, unless doing it twice does no harm.
   */
  public boolean isUncertain() {
    return uncertain;
  }
}

package dev.leat;

import org.jspecify.annotations.Nullable;

/** Everything that Leat itself throws for reasons outside the code that called it. */
public abstract sealed class LeatException extends RuntimeException
    permits BadConfiguration,
        BadMessage,
        BadReply,
        BrokerUnavailable,
        Cancelled,
        DeadlineExceeded,
        HandlerFailed,
        StreamFull,
        Unsupported {
  private static final long serialVersionUID = 1L;

  private final Remedy remedy;

  LeatException(Remedy remedy, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.remedy = remedy;
  }

  /** Whose move it is. */
  public final Remedy remedy() {
    return remedy;
  }
}

package dev.leat;

/**
 * No reply came in time. The work may still have been done, or be done later; {@link #begun()} says
 * what is known of that.
 */
public final class DeadlineExceeded extends LeatException {
  private static final long serialVersionUID = 1L;

  /** What is known of the work that nobody waits for any more. */
  public enum Begun {
    /**
     * No worker had been handed it when its time was over. Workers leave such undone, as far as
     * their clocks agree, which is within some hundredths of a second.
     */
    NO,
    /** A worker was handed it. */
    YES,
    /** The broker did not say. */
    UNKNOWN
  }

  /** Whether a worker has it. */
  private final Begun begun;

  /** An error with a sentence that says what to do. */
  public DeadlineExceeded(String message, Begun begun) {
    super(Remedy.TRY_LATER, message, null);
    this.begun = begun;
  }

  /** Whether a worker had it when its time was over. */
  public Begun begun() {
    return begun;
  }
}

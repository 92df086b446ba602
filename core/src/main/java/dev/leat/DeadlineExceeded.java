package dev.leat;

/**
 * No reply came in time. The work may still have been done, or be done later, unless {@link
 * #begun()} says that no worker has it.
 */
public final class DeadlineExceeded extends LeatException {
  private static final long serialVersionUID = 1L;

  /** What is known of the work that nobody waits for any more. */
  public enum Begun {
    /** No worker was handed it in time, and so none begins it. */
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

package dev.leat;

/**
 * Thrown by a handler that fails for a reason which its sender may read. Unlike a problem that is
 * returned, which is an answer, it may be tried again, and is a dead letter in the end.
 */
public final class Failure extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  /** A failure with the problem that its sender gets if it is not tried again. */
  public Failure(Problem problem) {
    super(problem.title() + ": " + problem.detail());
    this.problem = problem;
  }

  /** What the sender gets. */
  public Problem problem() {
    return problem;
  }
}

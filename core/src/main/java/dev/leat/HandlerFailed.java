package dev.leat;

/** The handler answered with a problem, or failed. */
public final class HandlerFailed extends LeatException {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  /** The failure that a reply tells of. */
  public HandlerFailed(Problem problem) {
    super(
        problem.status() < 500 ? Remedy.FIX_REQUEST : Remedy.FIX_HANDLER,
        problem.status()
            + " "
            + problem.title()
            + (problem.detail().isEmpty() ? "" : ": " + problem.detail()),
        null);
    this.problem = problem;
  }

  /** What the handler said. */
  public Problem problem() {
    return problem;
  }
}

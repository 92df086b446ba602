package dev.leat.redis;

import java.util.List;

/** The server answered a command with an error. Stays within this package. */
final class RedisFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What the server says of a state that passes: it did nothing, and may do it later. */
  private static final List<String> PASSING =
      List.of(
          "BUSY ",
          "LOADING",
          "MASTERDOWN",
          "READONLY",
          "TRYAGAIN",
          "UNBLOCKED",
          "CLUSTERDOWN",
          "NOREPLICAS",
          "MISCONF");

  /**
   * How a server before 7.0 begins what a script comes to; what it failed with stands at its end.
   */
  private static final String OF_SCRIPT = "ERR Error running script";

  private static final String IN_SCRIPT = ": -";

  /** How a transaction fails that was to be done when the server could do it no more. */
  private static final String ABORTED = "EXECABORT Transaction discarded because of: ";

  /** How a server begins that the user may not say this, or not of this key. */
  private static final String FORBIDDEN = "NOPERM";

  private static final String FORBIDDEN_IN_SCRIPT = "The user executing the script";

  private final String error;

  private RedisFailure(Server server, String error) {
    super(server + ": " + error + hint(cause(error)), null, false, false);
    this.error = cause(error);
  }

  private static String hint(String cause) {
    return cause.startsWith(FORBIDDEN) || cause.contains(FORBIDDEN_IN_SCRIPT)
        ? "; which rights a user needs is in docs/brokers.md, 'Least rights'"
        : "";
  }

  private static String cause(String error) {
    if (error.startsWith(ABORTED)) {
      return error.substring(ABORTED.length());
    }
    int inner = error.startsWith(OF_SCRIPT) ? error.lastIndexOf(IN_SCRIPT) : -1;
    return inner < 0 ? error : error.substring(inner + IN_SCRIPT.length());
  }

  /** What a server says of a command that failed, alone or among others. */
  static RedisFailure of(Server server, Resp.Failure refused) {
    return new RedisFailure(server, refused.message());
  }

  /** Whether the server only says that it cannot do it now; nothing was done. */
  boolean passes() {
    return PASSING.stream().anyMatch(this::says);
  }

  /** Whether the server has no memory left for it. */
  boolean isOutOfMemory() {
    return says("OOM");
  }

  /** Whether the user may not do it; what was to be done together with it is not done either. */
  boolean isForbidden() {
    return says(FORBIDDEN);
  }

  /** Whether the server says so: errors begin with a word in capitals. */
  boolean says(String word) {
    return error.startsWith(word);
  }
}

package dev.leat.redis;

/** The server answered a command with an error. Stays within this package. */
final class RedisFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RedisFailure(String message) {
    super(message, null, false, false);
  }

  /** Whether the server says so: errors begin with a word in capitals. */
  boolean says(String word) {
    return String.valueOf(getMessage()).contains(": " + word);
  }
}

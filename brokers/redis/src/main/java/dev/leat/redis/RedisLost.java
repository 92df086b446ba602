package dev.leat.redis;

/**
 * The connection was lost before the answer came: nobody knows whether the command was done. Stays
 * within this package.
 */
final class RedisLost extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RedisLost(String message) {
    super(message, null, false, false);
  }
}

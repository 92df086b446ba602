package dev.leat.redis;

import java.util.List;

/** The server answered a command with an error. Stays within this package. */
final class RedisFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RedisFailure(String message) {
    super(message, null, false, false);
  }

  /** What a server says of a command that failed, alone or among others. */
  static RedisFailure of(Server server, Resp.Failure refused) {
    return new RedisFailure(server + ": " + refused.message());
  }

  /** What the server says of a state that passes. */
  private static final List<String> PASSING =
      List.of("BUSY ", "LOADING", "MASTERDOWN", "READONLY", "TRYAGAIN", "UNBLOCKED", "CLUSTERDOWN");

  /** Whether the server only says that it cannot do it now; nothing was done. */
  boolean passes() {
    return PASSING.stream().anyMatch(this::says);
  }

  /** Whether the server has no memory left for it. */
  boolean isOutOfMemory() {
    return says("OOM");
  }

  /** Whether the server says so: errors begin with a word in capitals. */
  boolean says(String word) {
    return String.valueOf(getMessage()).contains(": " + word);
  }
}

package dev.leat.broker.remote;

import java.util.HashMap;
import java.util.Map;

/**
 * Which connection of a client is its newest. A client that gave a connection up, and begins
 * another, may say there what comes after what it said in the first: of that nothing more is taken
 * then, which may still have been unread. Any thread.
 */
final class ClientTurns {
  private record Turn(long number, ServerConnection connection) {}

  // Guarded by this.
  private final Map<String, Turn> newest = new HashMap<>();

  /** Begins a connection, and ends the one before; false if a newer one has begun. */
  boolean begin(String client, long number, ServerConnection connection) {
    Turn before;
    synchronized (this) {
      before = newest.get(client);
      if (before != null && before.number > number) {
        return false;
      }
      newest.put(client, new Turn(number, connection));
    }
    if (before != null) {
      before.connection.close();
    }
    return true;
  }

  synchronized void end(ServerConnection connection) {
    newest.values().removeIf(turn -> turn.connection == connection);
  }
}

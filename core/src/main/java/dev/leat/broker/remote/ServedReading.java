package dev.leat.broker.remote;

import dev.leat.broker.Subscription;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What a process reads along or is a member of. What it asks for goes on to the broker little by
 * little, and not while much that was told before waits to be read.
 */
final class ServedReading implements AutoCloseable {
  private static final int PORTION = 64;

  /** What one is reckoned with before any was seen. */
  private static final int UNKNOWN = 1 << 20;

  private static final int ROOM_BYTES = 4 << 20;

  private final Connection connection;
  private final @Nullable ServedMember member;
  private final Subscription subscription;

  // Guarded by this.

  /** Asked for, and not asked of the broker yet. */
  private int wanted;

  /** Bytes of the largest lately. */
  private int large = UNKNOWN;

  /**
   * A reading that has begun.
   *
   * @param member whose types it says, if it is one
   */
  ServedReading(Connection connection, @Nullable ServedMember member, Subscription subscription) {
    this.connection = connection;
    this.member = member;
    this.subscription = subscription;
  }

  void request(int more) {
    synchronized (this) {
      wanted = Math.addExact(wanted, more);
    }
    goOn();
  }

  /** One that the broker had handed over could not be told: it is asked for once there is room. */
  synchronized void wantsAgain() {
    wanted = Math.addExact(wanted, 1);
  }

  /** Asks the broker for more, if there is room. */
  void goOn() {
    for (int next = next(); next > 0; next = next()) {
      subscription.request(next);
    }
  }

  private synchronized int next() {
    int portion = Math.clamp(ROOM_BYTES / large, 1, PORTION);
    int next = connection.waiting() < ROOM_BYTES ? Math.min(wanted, portion) : 0;
    wanted -= next;
    return next;
  }

  /** One of so many bytes was told. */
  synchronized void told(int bytes) {
    // The largest counts, and is forgotten little by little.
    large = Math.max(Math.max(1, bytes), large - large / PORTION);
  }

  void types(Set<String> types) {
    if (member != null) {
      member.types(types);
    }
  }

  CompletionStage<?> ready() {
    return subscription.ready();
  }

  CompletionStage<?> end() {
    return subscription.end();
  }

  @Override
  public void close() {
    subscription.close();
  }
}

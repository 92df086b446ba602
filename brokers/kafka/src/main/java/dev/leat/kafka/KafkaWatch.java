package dev.leat.kafka;

import dev.leat.broker.EventLoop;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;

/**
 * Looks now and then whether Kafka answers: its consumers do not say. Members hear when it does
 * not, and when it does again. Begins with the first member.
 */
final class KafkaWatch {
  private static final Duration PAUSE = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final Admin admin;
  private final EventLoop loop;
  private final Collection<KafkaMember> members;
  private boolean begun;
  private volatile boolean closed;

  /** Confined to the loop. */
  private boolean isAway;

  KafkaWatch(Admin admin, EventLoop loop, Collection<KafkaMember> members) {
    this.admin = admin;
    this.loop = loop;
    this.members = members;
  }

  synchronized void begin() {
    if (!begun) {
      begun = true;
      again();
    }
  }

  private void again() {
    if (!closed) {
      try {
        var unused = loop.schedule(PAUSE, this::look);
      } catch (RejectedExecutionException ended) {
        closed = true;
      }
    }
  }

  private void look() {
    if (closed) {
      return;
    }
    var unused =
        KafkaFailures.stage(admin.describeCluster().nodes())
            .toCompletableFuture()
            .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
            .whenComplete((nodes, failure) -> tell(failure != null));
  }

  private void tell(boolean isAwayNow) {
    try {
      loop.execute(
          () -> {
            if (isAwayNow != isAway) {
              isAway = isAwayNow;
              members.forEach(isAway ? KafkaMember::lost : KafkaMember::back);
            }
            again();
          });
    } catch (RejectedExecutionException ended) {
      closed = true;
    }
  }

  void close() {
    closed = true;
  }
}

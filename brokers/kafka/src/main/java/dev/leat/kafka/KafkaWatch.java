package dev.leat.kafka;

import dev.leat.broker.EventLoop;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletionStage;
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
  private final Recurring looks;

  /** Confined to the loop. */
  private boolean isAway;

  KafkaWatch(Admin admin, EventLoop loop, Collection<KafkaMember> members) {
    this.admin = admin;
    this.loop = loop;
    this.members = members;
    this.looks = new Recurring(loop, PAUSE, this::look);
  }

  void begin() {
    looks.begin();
  }

  private CompletionStage<?> look() {
    return KafkaFailures.stage(admin.describeCluster().nodes())
        .toCompletableFuture()
        .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .handleAsync((nodes, failure) -> tell(failure != null), loop);
  }

  private boolean tell(boolean isAwayNow) {
    if (isAwayNow != isAway) {
      isAway = isAwayNow;
      members.forEach(isAway ? KafkaMember::lost : KafkaMember::back);
    }
    return isAway;
  }

  void close() {
    looks.close();
  }
}

package dev.leat.broker;

import dev.leat.Retention;
import dev.leat.StreamRef;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says how long topics keep what is completed, again and again until the broker has heard it. */
public final class TopicRetentions implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(TopicRetentions.class);

  /** Between two tries, where the broker is away. */
  private static final Duration PAUSE = Duration.ofSeconds(2);

  private final Broker broker;
  private final EventLoop loop;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** What was said last of each: only that is said again. */
  private final Map<StreamRef.OfTopic, Retention> latest = new ConcurrentHashMap<>();

  /** Nothing is said yet. */
  public TopicRetentions(Broker broker, EventLoop loop) {
    this.broker = broker;
    this.loop = loop;
  }

  /**
   * Says one; any thread, does not block.
   *
   * @throws dev.leat.Unsupported if the broker keeps all topics alike
   */
  public void say(StreamRef.OfTopic stream, Retention retention) {
    broker.require(Capability.TOPIC_RETENTION);
    latest.put(stream, retention);
    tell(stream, retention, true);
  }

  private void tell(StreamRef.OfTopic stream, Retention retention, boolean first) {
    if (closed.get() || !retention.equals(latest.get(stream))) {
      return;
    }
    var unused =
        broker
            .retain(stream, retention)
            .exceptionally(
                failure -> {
                  if (first) {
                    log.warn(
                        "topic={} does not know yet how long it keeps: {}",
                        stream.topic(),
                        failure.getMessage());
                  }
                  loop.schedule(PAUSE, () -> tell(stream, retention, false));
                  return null;
                });
  }

  /** Says nothing more. */
  @Override
  public void close() {
    closed.set(true);
  }
}

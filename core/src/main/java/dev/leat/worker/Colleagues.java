package dev.leat.worker;

import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.Membership;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What other members of a group handle, while old and new versions of a worker run side by side.
 * Asked for types that have no handler here, which of events may be most. Any thread but a loop's.
 */
final class Colleagues {
  private static final Logger log = LoggerFactory.getLogger(Colleagues.class);

  /** How long an answer is taken for true. */
  private static final Duration FRESH = Duration.ofMillis(500);

  /** Types that are remembered: they are what anybody may write into a message. */
  private static final int MOST = 1_000;

  private record Answer(boolean handled, Instant at) {}

  private final Broker broker;
  private final Membership membership;
  private final InstantSource clock;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();

  Colleagues(Broker broker, Membership membership, InstantSource clock) {
    this.broker = broker;
    this.membership = membership;
    this.clock = clock;
  }

  /** Whether a member that is there handles a type; no where that is not to be known. Blocks. */
  boolean handle(String type) {
    if (!broker.capabilities().contains(Capability.HANDLED_TYPES)) {
      return false;
    }
    Instant now = clock.instant();
    Answer known = answers.get(type);
    if (known != null && now.isBefore(known.at.plus(FRESH))) {
      return known.handled;
    }
    try {
      boolean handled =
          broker
              .isHandled(membership.topic(), membership.group(), type)
              .toCompletableFuture()
              .join();
      if (answers.size() >= MOST) {
        answers.clear();
      }
      answers.put(type, new Answer(handled, now));
      return handled;
    } catch (CompletionException failure) {
      log.warn("type={} the broker does not say who handles it", type, failure);
      return false;
    }
  }
}

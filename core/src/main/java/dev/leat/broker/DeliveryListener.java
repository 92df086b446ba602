package dev.leat.broker;

import dev.leat.LeatException;
import java.util.List;
import java.util.Set;

/**
 * Takes deliveries as they come, and hears how reading them goes. Never two calls at a time; must
 * not block.
 */
@FunctionalInterface
public interface DeliveryListener {
  /** One batch, in the stream's order but for redeliveries; not empty. */
  void onDeliveries(List<Delivery> batch);

  /**
   * Types of messages that are handled here, as far as that is known; asked now and then, any
   * thread. Others of the group give back what is for this one.
   */
  default Set<String> types() {
    return Set.of();
  }

  /** Reading has begun, or goes on after it was lost. */
  default void onConnected() {}

  /** The broker is not there; reading goes on by itself once it is. */
  default void onLost() {}

  /**
   * Another is at work under the member's name: reading has ended, and may begin under another. The
   * subscription is closed.
   */
  default void onNameTaken(LeatException cause) {
    onEnded(cause);
  }

  /** Reading has ended and does not go on: the broker refuses it. The subscription is closed. */
  default void onEnded(LeatException cause) {}
}

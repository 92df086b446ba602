package dev.leat.broker;

import java.util.List;

/** Takes deliveries as they come. Never two calls at a time; must not block. */
@FunctionalInterface
public interface DeliveryListener {
  /** One batch, in the stream's order but for redeliveries; not empty. */
  void onDeliveries(List<Delivery> batch);
}

package dev.leat.broker.remote;

import dev.leat.LeatException;
import dev.leat.broker.Delivery;
import dev.leat.broker.DeliveryListener;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** A member of a group that lives in another process. */
final class ServedMember implements DeliveryListener {
  private final Consumer<List<Delivery>> deliveries;
  private final Consumer<LeatException> ended;
  private volatile Set<String> types;

  ServedMember(
      Set<String> types, Consumer<List<Delivery>> deliveries, Consumer<LeatException> ended) {
    this.types = types;
    this.deliveries = deliveries;
    this.ended = ended;
  }

  @Override
  public void onDeliveries(List<Delivery> batch) {
    deliveries.accept(batch);
  }

  @Override
  public Set<String> types() {
    return types;
  }

  void types(Set<String> now) {
    types = now;
  }

  @Override
  public void onEnded(LeatException cause) {
    ended.accept(cause);
  }
}

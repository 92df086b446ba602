package dev.leat.testkit;

import dev.leat.Message;
import dev.leat.broker.Delivery;
import dev.leat.broker.DeliveryListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps what a member is handed, for a test to look at. Any thread. */
public final class Inbox implements DeliveryListener {
  private final List<Delivery> deliveries = new CopyOnWriteArrayList<>();

  private final AtomicInteger connected = new AtomicInteger();

  /** An empty one. */
  public Inbox() {}

  @Override
  public void onConnected() {
    connected.incrementAndGet();
  }

  /** How often reading has begun, or gone on. */
  public int connected() {
    return connected.get();
  }

  @Override
  public void onDeliveries(List<Delivery> batch) {
    deliveries.addAll(batch);
  }

  /** Waits until there are as many deliveries as that, and returns them all. */
  public List<Delivery> await(int count) {
    Awaiting.until("%d deliveries".formatted(count), () -> deliveries.size() >= count);
    return List.copyOf(deliveries);
  }

  /** Payloads of all that has come so far, as text. */
  public List<String> texts() {
    List<String> texts = new ArrayList<>();
    deliveries.forEach(delivery -> texts.add(delivery.message().payload().asText()));
    return texts;
  }

  /** Messages of all that has come so far. */
  public List<Message> messages() {
    return deliveries.stream().map(Delivery::message).toList();
  }

  /** How many have come so far. */
  public int size() {
    return deliveries.size();
  }
}

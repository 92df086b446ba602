package dev.leat.testkit.poor;

import dev.leat.LeatException;
import dev.leat.broker.Delivery;
import dev.leat.broker.DeliveryListener;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** A member that hands over in any order, ten times at the most, and keeps delays by itself. */
final class PoorMember implements DeliveryListener {
  private final EventLoop loop;
  private final Membership membership;
  private final PoorAppends appends;
  private final DeliveryListener outer;

  /** Released with a delay that is not over. */
  private final Set<PoorDelivery> delayed = ConcurrentHashMap.newKeySet();

  PoorMember(EventLoop loop, Membership membership, PoorAppends appends, DeliveryListener outer) {
    this.loop = loop;
    this.membership = membership;
    this.appends = appends;
    this.outer = outer;
  }

  EventLoop loop() {
    return loop;
  }

  Membership membership() {
    return membership;
  }

  PoorAppends appends() {
    return appends;
  }

  void waits(PoorDelivery delivery) {
    delayed.add(delivery);
  }

  void waitsNoMore(PoorDelivery delivery) {
    delayed.remove(delivery);
  }

  @Override
  public void onDeliveries(List<Delivery> batch) {
    List<Delivery> handed = new ArrayList<>(batch.size());
    for (Delivery one : batch) {
      if (one.attempt() <= PoorBroker.DELIVERIES) {
        handed.add(new PoorDelivery(this, one));
      } else {
        // Gone without a word, as with brokers that count.
        var unused = one.complete(List.of());
      }
    }
    // No two of these brokers have the same order; backwards is as good as any.
    Collections.reverse(handed);
    if (!handed.isEmpty()) {
      outer.onDeliveries(handed);
    }
  }

  @Override
  public Set<String> types() {
    return outer.types();
  }

  @Override
  public void onConnected() {
    outer.onConnected();
  }

  @Override
  public void onLost() {
    outer.onLost();
  }

  @Override
  public void onNameTaken(LeatException cause) {
    outer.onNameTaken(cause);
  }

  @Override
  public void onEnded(LeatException cause) {
    outer.onEnded(cause);
  }

  /** The subscription that it is; delays end with it. */
  Subscription over(Subscription inner) {
    return new Subscription() {
      @Override
      public void request(int more) {
        inner.request(more);
      }

      @Override
      public CompletionStage<?> ready() {
        return inner.ready();
      }

      @Override
      public CompletionStage<?> end() {
        return inner.end();
      }

      @Override
      public void close() {
        inner.close();
        List.copyOf(delayed).forEach(PoorDelivery::waitNoMore);
      }
    };
  }
}

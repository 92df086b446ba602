package dev.leat.broker.memory;

import dev.leat.broker.HandOverGate;
import dev.leat.broker.Subscription;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Whoever reads a stream and says how much it can take; its demand is guarded by the stream. */
abstract class Reader implements Subscription {
  /** Entries handed over at once; as many as the other brokers read at a time. */
  private static final int BATCH = 256;

  private final MemoryStream stream;

  private final HandOverGate gate = new HandOverGate();
  private int demand;

  Reader(MemoryStream stream) {
    this.stream = stream;
  }

  MemoryStream stream() {
    return stream;
  }

  @Override
  public void request(int more) {
    Subscription.refuseNone(more);
    stream.demand(this, more);
  }

  @Override
  public CompletionStage<?> ready() {
    return CompletableFuture.completedStage(true);
  }

  @Override
  public CompletionStage<?> end() {
    close();
    return CompletableFuture.completedStage(true);
  }

  /** Waits for a batch that is being handed over, unless that is what closes it. */
  @Override
  public void close() {
    gate.close();
    stream.leave(this);
  }

  /**
   * Does something while it cannot be closed, if it is not.
   *
   * @return whether it was done
   */
  boolean whileOpen(Runnable action) {
    return gate.whileOpen(action);
  }

  int demand() {
    return demand;
  }

  int batch() {
    return Math.min(demand, BATCH);
  }

  void addDemand(int more) {
    // Saturates: whoever asks for everything asks for everything for good.
    demand = (int) Math.min(Integer.MAX_VALUE, (long) demand + more);
  }

  void handedOver(int count) {
    if (demand != Integer.MAX_VALUE) {
      demand -= count;
    }
  }
}

package dev.leat.bridge;

import dev.leat.Message;
import dev.leat.broker.Append;
import dev.leat.broker.Delivery;
import java.time.Instant;
import java.util.List;

/** A request that was handed on, and is not answered yet. Confined to a loop. */
final class OpenRequest {
  private final Delivery delivery;
  private final boolean isAsked;
  private String place = "";
  private List<List<Append>> otherwise = List.of();
  private boolean isRejected;
  private boolean isTold;

  /**
   * One that is held at the first broker.
   *
   * @param isAsked whether somebody waits for a reply
   */
  OpenRequest(Delivery delivery, boolean isAsked) {
    this.delivery = delivery;
    this.isAsked = isAsked;
  }

  Delivery delivery() {
    return delivery;
  }

  Message message() {
    return delivery.message();
  }

  boolean isAsked() {
    return isAsked;
  }

  /** What else it comes to, one after the other, where that is not taken. */
  void otherwise(List<List<Append>> ways) {
    otherwise = ways;
  }

  /** The next of them. */
  List<Append> next() {
    if (otherwise.isEmpty()) {
      return List.of();
    }
    List<Append> next = otherwise.getFirst();
    otherwise = otherwise.subList(1, otherwise.size());
    return next;
  }

  void rejected() {
    isRejected = true;
  }

  boolean isRejected() {
    return isRejected;
  }

  /** Whether it was accepted before a time; says so once. */
  boolean isLong(Instant before) {
    boolean isNew = !isTold && delivery.acceptedAt().isBefore(before);
    isTold |= isNew;
    return isNew;
  }

  /** Its place at the other broker; empty where that has not answered yet. */
  String place() {
    return place;
  }

  void standsAt(String entryId) {
    place = entryId;
  }
}

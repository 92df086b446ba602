package dev.leat.bridge;

import dev.leat.Message;
import dev.leat.broker.Delivery;

/** A request that was handed on, and is not answered yet. Confined to a loop. */
final class OpenRequest {
  private final Delivery delivery;
  private final boolean isAsked;
  private String place = "";

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

  /** Its place at the other broker; empty where that has not answered yet. */
  String place() {
    return place;
  }

  void standsAt(String entryId) {
    place = entryId;
  }
}

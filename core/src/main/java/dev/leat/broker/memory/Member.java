package dev.leat.broker.memory;

import dev.leat.broker.DeliveryListener;
import dev.leat.broker.Membership;

/** A member of a group. */
final class Member extends Reader {
  private final Membership membership;
  private final DeliveryListener listener;

  Member(MemoryStream stream, Membership membership, DeliveryListener listener) {
    super(stream);
    this.membership = membership;
    this.listener = listener;
  }

  Membership membership() {
    return membership;
  }

  DeliveryListener listener() {
    return listener;
  }
}

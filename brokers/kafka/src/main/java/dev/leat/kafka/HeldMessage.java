package dev.leat.kafka;

import dev.leat.Message;
import java.time.Instant;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** A message that a member has fetched, and its group has not completed. Guarded by its member. */
final class HeldMessage {
  private final TopicPartition partition;
  private final EntryPlace place;
  private final Message message;
  private final int size;
  private int attempts;

  /** The attempt that is under way; null where nobody is at it. */
  private volatile @Nullable KafkaDelivery delivery;

  /** Whether its partition was given to another member, or it was completed. */
  private volatile boolean gone;

  /**
   * Nobody is at it.
   *
   * @param size bytes that it takes
   */
  HeldMessage(TopicPartition partition, EntryPlace place, Message message, int size) {
    this.partition = partition;
    this.place = place;
    this.message = message;
    this.size = size;
  }

  TopicPartition partition() {
    return partition;
  }

  EntryPlace place() {
    return place;
  }

  int size() {
    return size;
  }

  Message message() {
    return message;
  }

  Instant acceptedAt() {
    return Instant.ofEpochMilli(place.millis());
  }

  /** Others were at it before. */
  void attemptedBefore(int times) {
    attempts = times;
  }

  int attempts() {
    return attempts;
  }

  KafkaDelivery handOver(KafkaMember member) {
    attempts++;
    KafkaDelivery next = new KafkaDelivery(member, this, attempts);
    delivery = next;
    return next;
  }

  /** Nanoseconds that are left of its lease; none where nobody is at it. */
  long left() {
    KafkaDelivery under = delivery;
    return under == null ? 0 : under.left();
  }

  /** Somebody else is to do it; that was no attempt. */
  void declined() {
    attempts--;
  }

  void free() {
    delivery = null;
  }

  void goes() {
    gone = true;
    delivery = null;
  }

  boolean isGone() {
    return gone;
  }

  /** Whether an attempt is the one that is under way. Any thread. */
  boolean isOf(KafkaDelivery attempt) {
    return !gone && delivery == attempt;
  }
}

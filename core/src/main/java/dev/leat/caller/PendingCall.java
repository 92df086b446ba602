package dev.leat.caller;

import dev.leat.Topic;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A call that waits for its reply. Confined to its loop. */
public final class PendingCall {
  private final Consumer<PendingCall> onCancel;
  private final String id;
  private final Target target;
  private final CallListener listener;

  /** Its place in the topic's stream; null as long as the broker has not said. */
  private @Nullable String entryId;

  private boolean over;
  private boolean cancelled;

  // What follows belongs to the deadlines, in whose slot it is linked to others.
  private long tick;
  private boolean due;
  private @Nullable PendingCall previous;
  private @Nullable PendingCall next;

  PendingCall(Consumer<PendingCall> onCancel, String id, Target target, CallListener listener) {
    this.onCancel = onCancel;
    this.id = id;
    this.target = target;
    this.listener = listener;
  }

  /** The id of the request, and of its reply. */
  public String id() {
    return id;
  }

  /**
   * Nobody waits any more: the listener hears nothing from now on, and whoever is at work on it is
   * told. Harmless once it has ended.
   */
  public void cancel() {
    onCancel.accept(this);
  }

  void accepted(String entry) {
    entryId = entry;
  }

  /** Nobody waits for it any more. */
  void over() {
    over = true;
  }

  /** Who waited has gone, rather than had its reply or waited too long. */
  void cancelled() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled;
  }

  boolean isOver() {
    return over;
  }

  @Nullable String entryId() {
    return entryId;
  }

  Target target() {
    return target;
  }

  /**
   * Whether its reply comes from there.
   *
   * @param shared the topic whose shared replies these are; null for those of its own lane
   */
  boolean isAnsweredBy(@Nullable Topic shared) {
    return target.sharedReplies() ? target.topic().equals(shared) : shared == null;
  }

  CallListener listener() {
    return listener;
  }

  long tick() {
    return tick;
  }

  boolean isDue() {
    return due;
  }

  @Nullable PendingCall next() {
    return next;
  }

  /** Is the first of a slot from now on, before what was. */
  void dueAt(long at, @Nullable PendingCall after) {
    tick = at;
    due = true;
    next = after;
    if (after != null) {
      after.previous = this;
    }
  }

  /** Leaves its slot; gives what came after it. */
  @Nullable PendingCall unlink() {
    PendingCall after = next;
    if (previous != null) {
      previous.next = after;
    }
    if (after != null) {
      after.previous = previous;
    }
    due = false;
    previous = null;
    next = null;
    return after;
  }
}

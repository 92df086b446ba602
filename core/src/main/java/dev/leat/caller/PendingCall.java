package dev.leat.caller;

import dev.leat.Topic;
import dev.leat.broker.EventLoop;
import org.jspecify.annotations.Nullable;

/** A call that waits for its reply. Confined to its loop. */
public final class PendingCall {
  private final PendingCalls calls;
  private final String id;
  private final Topic topic;
  private final String replyStream;
  private final CallListener listener;
  private EventLoop.@Nullable Timer timer;

  PendingCall(
      PendingCalls calls, String id, Topic topic, String replyStream, CallListener listener) {
    this.calls = calls;
    this.id = id;
    this.topic = topic;
    this.replyStream = replyStream;
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
    calls.cancel(this);
  }

  Topic topic() {
    return topic;
  }

  boolean isAnsweredOn(String stream) {
    return replyStream.equals(stream);
  }

  CallListener listener() {
    return listener;
  }

  void endBy(EventLoop.Timer deadline) {
    timer = deadline;
  }

  void cancelTimer() {
    if (timer != null) {
      timer.cancel();
    }
  }
}

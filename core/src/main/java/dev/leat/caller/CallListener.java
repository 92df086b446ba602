package dev.leat.caller;

import dev.leat.LeatException;
import dev.leat.Message;

/** Hears how a call ended: by its reply or its failure, once, on the call's loop. */
public interface CallListener {
  /** The broker has the request; not told of one that has ended before. */
  default void onAccepted() {}

  /** The reply came in time; it may say that the request failed. */
  void onReply(Message reply);

  /** There will be no reply. */
  void onFailure(LeatException failure);
}

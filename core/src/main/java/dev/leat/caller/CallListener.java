package dev.leat.caller;

import dev.leat.LeatException;
import dev.leat.Message;

/** Hears how a call ended: exactly one of these, once, on the call's loop. */
public interface CallListener {
  /** The reply came in time; it may say that the request failed. */
  void onReply(Message reply);

  /** There will be no reply. */
  void onFailure(LeatException failure);
}

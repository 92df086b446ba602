package dev.leat.caller;

import dev.leat.Message;

/** Hears the parts of a reply, and then as any call how it ended. */
interface PartListener extends CallListener {
  /**
   * Takes a message: a part, or the last. Of parts that come in another order each is taken as it
   * comes.
   *
   * @return whether all of them have come, so that the call ends with this one
   */
  boolean isWhole(Message reply);
}

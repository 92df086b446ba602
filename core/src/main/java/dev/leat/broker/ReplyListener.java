package dev.leat.broker;

import dev.leat.Message;
import java.util.List;

/** Takes the replies of a lane, on the lane's loop. */
@FunctionalInterface
public interface ReplyListener {
  /** One batch, in the stream's order; not empty. */
  void onReplies(List<Message> batch);

  /** A reply that cannot be read, as it comes; nobody has to care. */
  default void onBroken(BrokenEntry broken) {}
}

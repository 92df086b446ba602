package dev.leat.broker;

import java.util.List;

/** Takes entries as they come. Never two calls at a time; must not block. */
@FunctionalInterface
public interface EntryListener {
  /** One batch, in the stream's order; not empty. */
  void onEntries(List<Entry> batch);

  /** An entry that cannot be read, as it comes; nobody has to care. */
  default void onBroken(BrokenEntry broken) {}
}

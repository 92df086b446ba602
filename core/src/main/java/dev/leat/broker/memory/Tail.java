package dev.leat.broker.memory;

import dev.leat.broker.EntryListener;

/** A reader without a group; its cursor is guarded by the stream. */
final class Tail extends Reader {
  private final EntryListener listener;
  private long cursor;

  Tail(MemoryStream stream, long cursor, EntryListener listener) {
    super(stream);
    this.cursor = cursor;
    this.listener = listener;
  }

  EntryListener listener() {
    return listener;
  }

  long cursor() {
    return cursor;
  }

  void moveTo(long offset) {
    cursor = offset;
  }
}

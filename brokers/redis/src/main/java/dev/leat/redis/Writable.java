package dev.leat.redis;

/** A command that can be sent. */
interface Writable {
  /** Writes all of it, or throws before it has written any. */
  void writeTo(Outgoing out);
}

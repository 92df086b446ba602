package dev.leat;

/** How a message is laid out in an entry of a stream, where the broker has a choice. */
public enum Dialect {
  /** Eight strings that mean what their position says; what Leat writes unless told otherwise. */
  PACKED,
  /** Seven named pairs; what later versions of Streamerson write. */
  NAMED
}

package dev.leat.wire;

/** Takes the strings of an entry, one after the other. */
public interface EntrySink {
  /** The next string; kept or not, it is not changed. */
  void add(byte[] string);

  /** The next string, as UTF-8. */
  void add(String string);
}

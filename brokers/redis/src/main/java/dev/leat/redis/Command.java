package dev.leat.redis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A command and its arguments. Built by one thread, then handed to a connection. */
final class Command {
  /** As many as an append has: most commands are. */
  private static final int USUAL = 12;

  private final List<byte[]> arguments = new ArrayList<>(USUAL);

  private Command() {}

  static Command of(String... words) {
    return new Command().and(words);
  }

  /** A command of words that are encoded already. */
  static Command of(byte[]... words) {
    Command command = new Command();
    Collections.addAll(command.arguments, words);
    return command;
  }

  Command and(String... words) {
    for (String word : words) {
      arguments.add(word.getBytes(StandardCharsets.UTF_8));
    }
    return this;
  }

  Command and(long number) {
    return and(Long.toString(number));
  }

  Command and(List<byte[]> strings) {
    arguments.addAll(strings);
    return this;
  }

  void writeTo(Outgoing out) {
    out.add(arguments);
  }
}

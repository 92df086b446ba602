package dev.leat.redis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A command and its arguments. Built by one thread, then handed to a connection. */
final class Command implements Writable {
  private final List<byte[]> arguments = new ArrayList<>();

  private Command() {}

  static Command of(String... words) {
    return new Command().and(words);
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

  @Override
  public void writeTo(Outgoing out) {
    out.begin(arguments.size());
    arguments.forEach(out::add);
  }
}

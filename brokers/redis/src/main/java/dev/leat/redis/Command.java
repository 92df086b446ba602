package dev.leat.redis;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A command and its arguments. Built by one thread, then handed to a connection. */
final class Command {
  private static final byte[] LINE = {'\r', '\n'};

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

  void writeTo(Buffer out) {
    out.appendByte((byte) '*').appendBytes(ascii(arguments.size())).appendBytes(LINE);
    for (byte[] argument : arguments) {
      out.appendByte((byte) '$').appendBytes(ascii(argument.length)).appendBytes(LINE);
      out.appendBytes(argument).appendBytes(LINE);
    }
  }

  private static byte[] ascii(int number) {
    return Integer.toString(number).getBytes(StandardCharsets.US_ASCII);
  }
}

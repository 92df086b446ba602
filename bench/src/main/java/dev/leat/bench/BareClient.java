package dev.leat.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A connection to a Redis server of this machine with nothing around it. For one thread. */
final class BareClient implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  BareClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
  }

  /** Sends a command with all that was written before it, and waits for one answer. */
  Object ask(List<Object> command) throws IOException {
    write(command);
    flush();
    return read();
  }

  /** Sends what was written. */
  void flush() throws IOException {
    out.flush();
  }

  /** Writes a command of words and bytes. */
  void write(List<Object> command) throws IOException {
    out.write(("*" + command.size() + "\r\n").getBytes(StandardCharsets.US_ASCII));
    for (Object word : command) {
      byte[] bytes =
          word instanceof byte[] raw ? raw : word.toString().getBytes(StandardCharsets.US_ASCII);
      out.write(("$" + bytes.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
      out.write(bytes);
      out.write('\r');
      out.write('\n');
    }
  }

  /** An answer: a string as bytes, an array as a list, anything else as its line. */
  Object read() throws IOException {
    String line = line();
    int size =
        line.length() > 1 && "$*".indexOf(line.charAt(0)) >= 0
            ? Integer.parseInt(line, 1, line.length(), 10)
            : 0;
    return switch (line.charAt(0)) {
      case '-' -> throw new IOException("Redis refuses: " + line);
      case '$' -> {
        byte[] bytes = in.readNBytes(size);
        line();
        yield bytes;
      }
      case '*' -> {
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < size; i++) {
          items.add(read());
        }
        yield items;
      }
      default -> line;
    };
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int sign = in.read(); sign != '\r'; sign = in.read()) {
      if (sign < 0) {
        throw new EOFException();
      }
      line.append((char) sign);
    }
    in.read();
    return line.toString();
  }

  static String text(Object bytes) {
    return new String((byte[]) bytes, StandardCharsets.US_ASCII);
  }

  /** Whoever waits for an answer fails. Any thread. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}

package dev.leat.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;

/**
 * Standard output, and what became of it: writers swallow what goes wrong, and a command whose
 * output nobody got has not done what it was asked for. Any thread.
 */
final class Output extends OutputStream {
  private final OutputStream out;
  private final PrintWriter writer =
      new PrintWriter(new OutputStreamWriter(this, StandardCharsets.UTF_8), true);
  private volatile @Nullable IOException failure;

  Output(OutputStream out) {
    this.out = out;
  }

  /** That of this process. */
  static Output ofThisProcess() {
    return new Output(new FileOutputStream(FileDescriptor.out));
  }

  PrintWriter writer() {
    return writer;
  }

  @Override
  public void write(int sign) throws IOException {
    write(new byte[] {(byte) sign}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    try {
      out.write(bytes, from, length);
    } catch (IOException refused) {
      failure = refused;
      throw refused;
    }
  }

  /**
   * The exit code of a command that has ended with one: whoever closes a pipe has read enough, and
   * any other failure is told.
   */
  int ended(int code, PrintWriter errors) {
    writer.flush();
    IOException refused = failure;
    if (refused == null || isClosedPipe(refused)) {
      return code;
    }
    errors.println("leat: the output could not be written: " + refused.getMessage());
    errors.flush();
    return code == ExitCode.OK ? ExitCode.SOFTWARE : code;
  }

  private static boolean isClosedPipe(IOException refused) {
    return String.valueOf(refused.getMessage()).toLowerCase(Locale.ROOT).contains("pipe");
  }
}

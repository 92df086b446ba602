package dev.leat.system;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A program of this house in a process of its own, which a test can kill. */
final class Child implements AutoCloseable {
  /** Where those are controlled that can be made to fail; their process ids are appended. */
  private static final String CONTROL =
      Path.of(System.getProperty("java.io.tmpdir"), "leat-fiu").toString();

  private final Process process;
  private final BufferedReader out;

  private Child(Process process) {
    this.process = process;
    this.out = process.inputReader();
  }

  static Child start(Class<?> program, String... arguments) {
    return start(ProcessBuilder.Redirect.INHERIT, List.of(), program, arguments);
  }

  /**
   * One with so many megabytes of heap, whose log goes to a file of a folder. It does not optimize
   * its code, which takes most of a small machine for half a minute.
   */
  static Child small(Path folder, int megabytes, Class<?> program, String... arguments) {
    return start(
        ProcessBuilder.Redirect.appendTo(folder.resolve("processes.log").toFile()),
        List.of("-Xmx" + megabytes + "m", "-XX:+ExitOnOutOfMemoryError", "-XX:TieredStopAtLevel=1"),
        program,
        arguments);
  }

  /** One whose log goes to a file of a folder. */
  static Child quiet(Path folder, Class<?> program, String... arguments) {
    return start(
        ProcessBuilder.Redirect.appendTo(folder.resolve("processes.log").toFile()),
        List.of(),
        program,
        arguments);
  }

  /**
   * One that sees a disk of its own in a folder, as large as is said, in memory: by a namespace of
   * its own, which takes no rights where such are allowed.
   */
  static Child onDisk(Path folder, String size, Class<?> program, String... arguments) {
    return start(
        ProcessBuilder.Redirect.INHERIT,
        List.of(
            "unshare",
            "-rm",
            "sh",
            "-c",
            "mount -t tmpfs -o size=" + size + " tmpfs \"$0\" && exec \"$@\"",
            folder.toString()),
        List.of(),
        program,
        arguments);
  }

  /**
   * One whose calls of the system can be made to fail by {@link #fail}. Needs fiu-run and fiu-ctrl,
   * of a package of most systems.
   */
  static Child faulty(Class<?> program, String... arguments) {
    return start(
        ProcessBuilder.Redirect.INHERIT,
        List.of("fiu-run", "-x", "-f", CONTROL),
        List.of(),
        program,
        arguments);
  }

  private static Child start(
      ProcessBuilder.Redirect errors, List<String> options, Class<?> program, String... arguments) {
    return start(errors, List.of(), options, program, arguments);
  }

  private static Child start(
      ProcessBuilder.Redirect errors,
      List<String> within,
      List<String> options,
      Class<?> program,
      String... arguments) {
    List<String> command = new ArrayList<>(within);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    try {
      return new Child(new ProcessBuilder(command).redirectError(errors).start());
    } catch (IOException failure) {
      String first = command.getFirst();
      throw new UncheckedIOException(
          first.startsWith("fiu")
              ? "this test has a disk fail: install fiu-utils (apt-get install fiu-utils)"
              : first + " cannot be started",
          failure);
    }
  }

  /** The next line that it prints; waits for it. */
  String line() {
    try {
      return String.valueOf(out.readLine());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The rest of the next line that begins so; those before, which may be logged, are dropped. */
  String lineAfter(String beginning) {
    String line = line();
    while (!line.startsWith(beginning)) {
      if (!process.isAlive() && line.equals("null")) {
        throw new IllegalStateException("it ended before it said '" + beginning + "'");
      }
      line = line();
    }
    return line.substring(beginning.length());
  }

  /** Sends it a signal, such as HUP. */
  void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().onExit().join();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** From now on a call of the system fails in one that is {@link #faulty}. */
  void fail(String call) {
    try {
      Process control =
          new ProcessBuilder(
                  "fiu-ctrl",
                  "-f",
                  CONTROL,
                  "-c",
                  "enable name=" + call,
                  Long.toString(process.pid()))
              .inheritIO()
              .start();
      if (control.onExit().join().exitValue() != 0) {
        throw new IllegalStateException("fiu-ctrl failed");
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Waits until it ends, and says how it did. */
  int exitCode() {
    return process.onExit().join().exitValue();
  }

  /** Kills it without a word. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}

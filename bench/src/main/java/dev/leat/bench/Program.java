package dev.leat.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One process of what is measured, and how busy it is. */
final class Program implements AutoCloseable {
  private static final String ALLOCATED = "allocated ";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** The same for every JVM here, so that none has an advantage. */
  private static final List<String> JVM =
      List.of(
          "-XX:+UseCompactObjectHeaders",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "-Xms512m",
          "-Xmx512m",
          "-XX:+UseG1GC");

  private static volatile boolean recorded;

  private final String name;
  private final Path log;
  private final Process process;
  private final Thread hook;

  private Program(String name, Path log, Process process) {
    this.name = name;
    this.log = log;
    this.process = process;
    // None is left behind when the command is interrupted.
    this.hook = new Thread(process::destroy);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Has all JVMs that are started from now on note where their CPU time goes. */
  static void record() {
    recorded = true;
  }

  /**
   * Starts a Java program, and waits until it says that it is ready.
   *
   * @param name for the report
   * @param classPath what it needs
   */
  static Program java(
      Path folder, String name, String classPath, String main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM);
    if (recorded) {
      command.add(
          "-XX:StartFlightRecording=jdk.CPUTimeSample#enabled=true,dumponexit=true,filename="
              + folder.resolve(name + ".jfr"));
    }
    command.addAll(List.of("-cp", classPath, main));
    command.addAll(arguments);
    return started(folder, name, "ready", command);
  }

  /** The same, of one that needs what this program does. */
  static Program java(Path folder, String name, String main, String... arguments) {
    return java(folder, name, System.getProperty("java.class.path"), main, List.of(arguments));
  }

  /** Starts any program, and waits for what its output says once it is ready. */
  static Program started(Path folder, String name, String ready, List<String> command) {
    Path log = folder.resolve(name + ".log");
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      Program program = new Program(name, log, process);
      long until = System.nanoTime() + PATIENCE.toNanos();
      while (!Files.readString(log).contains(ready)) {
        if (!process.isAlive() || System.nanoTime() > until) {
          program.close();
          throw new IllegalStateException(
              name + " did not start; it said: " + Files.readString(log).strip());
        }
        LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
      }
      return program;
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot start " + name, failure);
    }
  }

  String name() {
    return name;
  }

  /** The last line that it has printed. */
  String said() {
    try {
      return Files.readAllLines(log).getLast();
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot read what " + name + " said", failure);
    }
  }

  /** Bytes that it has allocated so far; for one that says so when asked. */
  long allocated() {
    try {
      long before = answers();
      process.getOutputStream().write('\n');
      process.getOutputStream().flush();
      long until = System.nanoTime() + PATIENCE.toNanos();
      while (answers() == before && System.nanoTime() < until) {
        LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
      }
      String last =
          Files.readAllLines(log).reversed().stream()
              .filter(Program::isAnswer)
              .findFirst()
              .orElseThrow();
      return Long.parseLong(last.substring(ALLOCATED.length()));
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot ask " + name, failure);
    }
  }

  private long answers() throws IOException {
    return Files.readAllLines(log).stream().filter(Program::isAnswer).count();
  }

  private static boolean isAnswer(String line) {
    return line.startsWith(ALLOCATED);
  }

  /** How long it has kept a core busy so far. */
  Duration cpu() {
    return Cpu.of(process.pid());
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      // The hook is at work already.
    }
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

package dev.leat.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A process and all that it has begun, which are ended together. A process whose parent has ended
 * is nobody's descendant any more; on Linux it is known by a variable of its environment all the
 * same. Any thread.
 */
final class ProcessTree {
  private static final Path PROCESSES = Path.of("/proc");

  private final Process root;
  private final String marker;

  /**
   * A process that was begun with a variable that no other has.
   *
   * @param variable its name and value
   */
  ProcessTree(Process root, String variable) {
    this.root = root;
    this.marker = variable;
  }

  /** Ends all of it at once; nobody is asked. */
  void kill() {
    List<ProcessHandle> all = new ArrayList<>(root.descendants().toList());
    root.destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
    // Who was begun meanwhile, or by one that has ended before.
    survivors().forEach(ProcessHandle::destroyForcibly);
  }

  private List<ProcessHandle> survivors() {
    List<ProcessHandle> found = new ArrayList<>();
    if (!Files.isDirectory(PROCESSES)) {
      return found;
    }
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROCESSES, "[1-9]*")) {
      for (Path process : processes) {
        if (isMarked(process)) {
          handle(process).ifPresent(found::add);
        }
      }
    } catch (IOException | DirectoryIteratorException unreadable) {
      return found;
    }
    return found;
  }

  private boolean isMarked(Path process) {
    try {
      String variables =
          new String(Files.readAllBytes(process.resolve("environ")), StandardCharsets.ISO_8859_1);
      return ("\0" + variables).contains("\0" + marker + "\0");
    } catch (IOException notOurs) {
      return false;
    }
  }

  private static Optional<ProcessHandle> handle(Path process) {
    return ProcessHandle.of(Long.parseLong(process.getFileName().toString()));
  }
}

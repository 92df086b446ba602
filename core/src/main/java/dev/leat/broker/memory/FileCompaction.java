package dev.leat.broker.memory;

import dev.leat.BadConfiguration;
import dev.leat.broker.FolderTools.Report;
import dev.leat.broker.ThreadLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes what the broker of a folder needs once more, and deletes all else. */
final class FileCompaction {
  /** Nothing is to be forgotten for its size; what was completed need not be there. */
  private static final Limits UNLIMITED =
      new Limits(Integer.MAX_VALUE, Long.MAX_VALUE, 0, Long.MAX_VALUE);

  private FileCompaction() {}

  static Report run(Path path) throws IOException {
    long before = bytes(path);
    FileOptions options = FileOptions.compacting(path, largest(path));
    FileFolder folder = FileFolder.open(path, 0);
    if (folder == null) {
      throw new BadConfiguration(
          "%s is in use by %s: it is compacted while no process uses it"
              .formatted(options.name(), FileFolder.owner(path)));
    }
    try (folder;
        ThreadLoop loop = new ThreadLoop("leat-compaction", true)) {
      FileJournal journal = new FileJournal(folder, options);
      MemoryBroker broker = new MemoryBroker(UNLIMITED, loop, journal);
      FileRecovery recovery = new FileRecovery(folder, options.name(), broker, journal.segments());
      recovery.read();
      journal.compact(broker, recovery.lastSegment(), recovery.nextSequence());
      int files = folder.segments().size();
      return new Report(
          "%d bytes in %d files, %d bytes before".formatted(bytes(path), files, before), List.of());
    }
  }

  private static long bytes(Path path) throws IOException {
    long all = 0;
    for (Path file : FileFolder.segments(path).values()) {
      all += Files.size(file);
    }
    return all;
  }

  private static long largest(Path path) throws IOException {
    long largest = 0;
    for (Path file : FileFolder.segments(path).values()) {
      largest = Math.max(largest, Files.size(file));
    }
    return largest;
  }
}

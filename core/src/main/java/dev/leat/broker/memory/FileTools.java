package dev.leat.broker.memory;

import dev.leat.BadConfiguration;
import dev.leat.broker.FolderTools;
import dev.leat.wire.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads folders without having them. */
final class FileTools implements FolderTools {
  @Override
  public Report check(Path folder) {
    return read(folder, null);
  }

  @Override
  public Report backUp(Path folder, Path to) {
    try {
      Files.createDirectories(to);
      try (Stream<Path> there = Files.list(to)) {
        if (there.findAny().isPresent()) {
          throw new BadConfiguration(to + " is not empty: name a folder that is, or is not there");
        }
      }
      Report report = read(folder, to);
      if (!report.faults().isEmpty()) {
        throw new BadConfiguration(
            "%s is damaged, the copy is not whole: %s"
                .formatted(folder, report.faults().getFirst()));
      }
      Files.writeString(to.resolve(FileFolder.FORMAT_FILE), FileFolder.FORMAT);
      return report;
    } catch (IOException unwritable) {
      throw new BadConfiguration(
          to + " cannot be written: " + FileFolder.why(unwritable), unwritable);
    }
  }

  @Override
  public Report compact(Path folder) {
    try {
      refuseOthers(folder);
      return FileCompaction.run(folder);
    } catch (IOException failure) {
      throw new BadConfiguration(
          folder + " cannot be compacted: " + FileFolder.why(failure), failure);
    }
  }

  private static void refuseOthers(Path folder) throws IOException {
    Path format = folder.resolve(FileFolder.FORMAT_FILE);
    if (!Files.exists(format) || !Files.readString(format).equals(FileFolder.FORMAT)) {
      throw new BadConfiguration(
          folder
              + " is not a folder of file:, or not of this version: there is no '"
              + FileFolder.FORMAT.strip()
              + "' in "
              + FileFolder.FORMAT_FILE);
    }
  }

  private static Report read(Path folder, @Nullable Path to) {
    try {
      refuseOthers(folder);
      Pass pass = new Pass(folder, to);
      // Those that begin meanwhile have what is needed of those that go meanwhile.
      while (pass.readNew()) {
        pass.count++;
      }
      return pass.report();
    } catch (IOException unreadable) {
      throw new BadConfiguration(
          folder + " cannot be read: " + FileFolder.why(unreadable), unreadable);
    }
  }

  /** From the oldest file to the newest. */
  private static final class Pass {
    private final Path folder;
    private final @Nullable Path to;
    private final List<String> faults = new ArrayList<>();
    private int count;
    private int last;

    /** How far the last file was read. */
    private long at;

    /** The oldest that the newest says is needed. */
    private int needed = Integer.MAX_VALUE;

    private final Set<Integer> there = new HashSet<>();
    private long frames;
    private long messages;

    /** Messages of files that have gone, written once more. */
    private long kept;

    private long bytes;
    private long sequence;
    private String open = "";

    private Pass(Path folder, @Nullable Path to) {
      this.folder = folder;
      this.to = to;
    }

    /** Reads the next file that was not read; false where there is none. */
    private boolean readNew() throws IOException {
      NavigableMap<Integer, Path> left = FileFolder.segments(folder).tailMap(last, false);
      if (left.isEmpty()) {
        return false;
      }
      if (last > 0) {
        // Where it was the newest until now, there may be more in it than there was.
        readOn();
      }
      if (!open.isEmpty()) {
        faults.add(open);
        open = "";
      }
      if (left.firstKey() != last + 1) {
        // Those between have gone: that they are not needed is seen at the end.
        sequence = 0;
      }
      last = left.firstKey();
      at = 0;
      there.add(last);
      readOn();
      return true;
    }

    /** What was not read of the current file. */
    private void readOn() throws IOException {
      Path file = FileFolder.segment(folder, last);
      Path target = to;
      try (SegmentReader in = new SegmentReader(file, at);
          FileChannel out =
              target == null
                  ? null
                  : FileChannel.open(
                      target.resolve(file.getFileName()),
                      StandardOpenOption.CREATE,
                      StandardOpenOption.WRITE)) {
        read(file, in, out);
        if (out != null) {
          out.force(true);
        }
      } catch (NoSuchFileException gone) {
        there.remove(last);
        sequence = 0;
        open = "";
      }
    }

    /** As far as there is anything whole. */
    private void read(Path file, SegmentReader in, @Nullable FileChannel out) throws IOException {
      Frame frame = in.next();
      while (frame != null) {
        if (sequence > 0 && frame.sequence() != sequence + 1) {
          faults.add("%s does not go on at byte %d".formatted(file, in.position()));
        }
        sequence = frame.sequence();
        frames++;
        bytes += frame.next() - frame.from() + Frame.HEADER;
        count(file, new RecordReader(in.bytes(), frame.from(), frame.to()));
        if (out != null) {
          int from = frame.from() - Frame.HEADER;
          write(out, ByteBuffer.wrap(in.bytes(), from, frame.next() - from), at);
        }
        at = in.position();
        frame = in.next();
      }
      // Of the newest that is what is being written, or was when its process ended.
      open = in.isAtEnd() ? "" : "%s is damaged at byte %d".formatted(file, at);
    }

    private static void write(FileChannel out, ByteBuffer bytes, long from) throws IOException {
      long to = from;
      while (bytes.hasRemaining()) {
        to += out.write(bytes, to);
      }
    }

    private void count(Path file, RecordReader in) {
      try {
        while (in.hasMore()) {
          byte kind = in.one();
          messages += kind == Changes.APPENDED || kind == Changes.ANSWERED ? 1 : 0;
          kept += kind == Changes.AGAIN ? 1 : 0;
          if (kind == Changes.NEEDED) {
            needed = (int) in.number();
          } else {
            Changes.skip(kind, in);
          }
        }
      } catch (IllegalStateException unknown) {
        faults.add("%s has a record that cannot be read: %s".formatted(file, unknown.getMessage()));
      }
    }

    private Report report() {
      for (int one = needed; one < last; one++) {
        if (!there.contains(one)) {
          faults.add("file %d of %s is missing, which is needed".formatted(one, folder));
        }
      }
      String end =
          open.isEmpty() ? "" : "; what was being written last is not whole, which is no fault";
      return new Report(
          "%d files, %d bytes, %d syncs at most, %d messages written and %d once more%s"
              .formatted(count, bytes, frames, messages, kept, end),
          faults);
    }
  }
}

package dev.leat.broker.memory;

import dev.leat.BadConfiguration;
import dev.leat.BrokerUnavailable;
import dev.leat.Durations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of a {@code file:} broker, for one process at a time. Nothing is deleted in it that
 * was not written by one.
 */
final class FileFolder implements AutoCloseable {
  /** Says whose the folder is, and in what format. */
  static final String FORMAT_FILE = "leat-format";

  static final String FORMAT = "leat file 2\n";
  private static final String NEW_FORMAT = "leat-format.new";
  private static final String LOCK = "leat-lock";
  private static final String OWNER = "leat-owner";
  private static final String SOCKET = "leat-socket";

  /** Bytes that the path of a socket may have everywhere. */
  private static final int LONGEST_SOCKET = 100;

  private static final String SEGMENT = ".leatlog";
  private static final String SPARE = "spare.leatnew";
  private static final int DIGITS = 12;

  /**
   * Those that this process has. The lock of a file ends with the first of a process's descriptors
   * of it that is closed, whichever that is: so a lock file that this process has locked must not
   * be opened in it again.
   */
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final Path real;
  private final FileChannel lock;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile @Nullable Path elsewhere;

  private final InstantSource wallClock = InstantSource.system();

  private FileFolder(Path path, Path real, FileChannel lock) {
    this.path = path;
    this.real = real;
    this.lock = lock;
  }

  /**
   * Takes a folder, which is made if it is not there; null where another process has it.
   *
   * @param least bytes that its disk must have room for
   * @throws BadConfiguration if it cannot be used; the sentence says why
   */
  static @Nullable FileFolder open(Path path, long least) {
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw refused(path, "is a file; name a folder, which is made if it is not there");
    }
    try {
      Files.createDirectories(path);
    } catch (IOException unwritable) {
      throw refused(path, "cannot be made: " + why(unwritable), unwritable);
    }
    if (!Files.isWritable(path)) {
      throw refused(path, "may not be written to by this user");
    }
    boolean isNew = refuseOthers(path);
    FileFolder folder = locked(path);
    if (folder == null) {
      return null;
    }
    try {
      if (isNew) {
        FileStore disk = Files.getFileStore(path);
        if (disk.getUsableSpace() < least) {
          throw refused(
              path,
              "is on a disk with room for %d bytes, it takes %d at least; ?segment=BYTES takes less"
                  .formatted(disk.getUsableSpace(), least));
        }
        folder.writeFormat();
      }
      return folder;
    } catch (IOException unwritable) {
      folder.close();
      throw refused(path, "cannot be written to: " + why(unwritable), unwritable);
    } catch (BadConfiguration refused) {
      folder.close();
      throw refused;
    }
  }

  /** Whether it is empty; refuses one that is neither that nor a broker's. */
  private static boolean refuseOthers(Path path) {
    Path format = path.resolve(FORMAT_FILE);
    try {
      if (Files.exists(format)) {
        String found = Files.readString(format);
        if (!found.equals(FORMAT)) {
          throw refused(
              path,
              "has the format '%s', and this version of Leat reads '%s': use the version that wrote it"
                  .formatted(found.strip(), FORMAT.strip()));
        }
        return false;
      }
      try (Stream<Path> there = Files.list(path)) {
        List<String> others =
            there
                .map(one -> one.getFileName().toString())
                .filter(
                    name -> !Set.of(LOCK, OWNER, OWNER + ".new", NEW_FORMAT, SOCKET).contains(name))
                .sorted()
                .toList();
        if (others.contains(FORMAT_FILE)) {
          // Another process has just made it.
          return false;
        }
        if (!others.isEmpty()) {
          throw refused(
              path,
              "has something else in it ('%s'): name an empty folder".formatted(others.getFirst()));
        }
      }
      return true;
    } catch (IOException unreadable) {
      throw refused(path, "cannot be read: " + why(unreadable), unreadable);
    }
  }

  private static @Nullable FileFolder locked(Path path) {
    try {
      Path real = path.toRealPath();
      if (!OWN.add(real)) {
        return null;
      }
      FileChannel lock = null;
      try {
        lock = locked(real.resolve(LOCK), path);
      } finally {
        if (lock == null) {
          OWN.remove(real);
        }
      }
      return lock == null ? null : new FileFolder(path, real, lock);
    } catch (IOException unwritable) {
      throw refused(path, "cannot be locked: " + why(unwritable), unwritable);
    }
  }

  private static @Nullable FileChannel locked(Path file, Path path) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean taken = false;
    try {
      if (channel.tryLock() == null) {
        return null;
      }
      say(path, Long.toString(ProcessHandle.current().pid()));
      taken = true;
      return channel;
    } finally {
      if (!taken) {
        channel.close();
      }
    }
  }

  /** What others read who want to know who has the folder, and how to reach it. */
  private static void say(Path path, String what) throws IOException {
    Path next = path.resolve(OWNER + ".new");
    Files.writeString(next, what);
    Files.move(next, path.resolve(OWNER), StandardCopyOption.ATOMIC_MOVE);
  }

  private static List<String> said(Path path) {
    try {
      return Files.readAllLines(path.resolve(OWNER));
    } catch (IOException unreadable) {
      return List.of();
    }
  }

  /** The process that has a folder, for sentences. */
  static String owner(Path path) {
    List<String> lines = said(path);
    return lines.isEmpty() ? "another process" : "process " + lines.getFirst();
  }

  /** The socket by which whoever has a folder lets others in; empty while there is none. */
  static Optional<Path> socketOf(Path path) {
    List<String> lines = said(path);
    return lines.size() < 2 ? Optional.empty() : Optional.of(Path.of(lines.get(1)));
  }

  /** Where a socket for others can be: in the folder, unless its path is too long for one. */
  Path socket() throws IOException {
    Path here = path.resolve(SOCKET);
    if (here.toString().getBytes(StandardCharsets.UTF_8).length <= LONGEST_SOCKET) {
      return here;
    }
    Path temporary = Files.createTempDirectory("leat");
    elsewhere = temporary;
    return temporary.resolve(SOCKET);
  }

  /** Others are let in. */
  void letIn(Path socket) throws IOException {
    say(path, ProcessHandle.current().pid() + "\n" + socket);
  }

  /** All of it or nothing, whatever happens meanwhile. */
  private void writeFormat() throws IOException {
    Path next = path.resolve(NEW_FORMAT);
    try (FileChannel out =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.wrap(FORMAT.getBytes(StandardCharsets.US_ASCII)));
      out.force(true);
    }
    Files.move(next, path.resolve(FORMAT_FILE), StandardCopyOption.ATOMIC_MOVE);
    sync();
  }

  /** Segments by their number. */
  NavigableMap<Integer, Path> segments() throws IOException {
    return segments(path);
  }

  /** Those of a folder that this process need not have. */
  static NavigableMap<Integer, Path> segments(Path path) throws IOException {
    TreeMap<Integer, Path> found = new TreeMap<>();
    try (Stream<Path> there = Files.list(path)) {
      for (Path one : there.toList()) {
        String name = one.getFileName().toString();
        if (name.endsWith(SEGMENT) && name.length() == DIGITS + SEGMENT.length()) {
          found.put(Integer.parseInt(name.substring(0, DIGITS)), one);
        }
      }
    }
    return found;
  }

  /** Where a segment stands. */
  Path segment(int number) {
    return segment(path, number);
  }

  /** Where one of a folder stands that this process need not have. */
  static Path segment(Path path, int number) {
    return path.resolve(("%0" + DIGITS + "d").formatted(number) + SEGMENT);
  }

  /** Bytes that a segment takes; none of one that is gone. */
  long size(int number) throws IOException {
    Path file = segment(number);
    return Files.exists(file) ? Files.size(file) : 0;
  }

  /** Since it was written to last. */
  Duration age(int number) throws IOException {
    Path file = segment(number);
    return Files.exists(file)
        ? Duration.between(Files.getLastModifiedTime(file).toInstant(), wallClock.instant())
        : Durations.FOREVER;
  }

  /** Whether a file of so many bytes has room on the disk. */
  boolean hasRoom(long bytes) throws IOException {
    return Files.getFileStore(path).getUsableSpace() >= bytes;
  }

  /** A file of so many zeros, for the next segment: then it needs no room any more. */
  Path spare(long bytes) throws IOException {
    Path spare = path.resolve(SPARE);
    Files.deleteIfExists(spare);
    if (!hasRoom(bytes)) {
      throw new IOException("no space left on the disk for a file of " + bytes + " bytes");
    }
    try (FileChannel out =
        FileChannel.open(
            spare,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer zeros = ByteBuffer.allocate((int) Math.min(bytes, 1 << 20));
      for (long done = 0; done < bytes; done += zeros.limit()) {
        zeros.clear().limit((int) Math.min(zeros.capacity(), bytes - done));
        while (zeros.hasRemaining()) {
          out.write(zeros);
        }
        // Little by little: a disk that is given all of it at once lets other syncs wait.
        out.force(false);
      }
      out.force(true);
    }
    return spare;
  }

  /** Makes a spare file a segment. */
  FileChannel begin(int number, Path spare) throws IOException {
    Files.move(spare, segment(number), StandardCopyOption.ATOMIC_MOVE);
    sync();
    return FileChannel.open(segment(number), StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  /** On the disk before the next is: of some that go the oldest has to go first. */
  void delete(int number) throws IOException {
    Files.deleteIfExists(segment(number));
    sync();
  }

  /** Names of files are on the disk. */
  void sync() throws IOException {
    try (FileChannel folder = FileChannel.open(path, StandardOpenOption.READ)) {
      folder.force(true);
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      Path temporary = elsewhere;
      if (temporary != null) {
        Files.deleteIfExists(temporary.resolve(SOCKET));
        Files.deleteIfExists(temporary);
      }
      lock.close();
      OWN.remove(real);
    } catch (IOException failure) {
      throw new BrokerUnavailable("file:" + path + " cannot be closed", failure);
    }
  }

  static String why(Exception failure) {
    String message = failure.getMessage();
    return message == null || message.isEmpty()
        ? failure.getClass().getSimpleName()
        : failure.getClass().getSimpleName() + ": " + message;
  }

  private static BadConfiguration refused(Path path, String why) {
    return new BadConfiguration("file:" + path + " " + why);
  }

  private static BadConfiguration refused(Path path, String why, Exception cause) {
    return new BadConfiguration("file:" + path + " " + why, cause);
  }
}

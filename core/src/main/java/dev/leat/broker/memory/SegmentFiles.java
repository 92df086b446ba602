package dev.leat.broker.memory;

import dev.leat.Retention;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the next file before the one that is written is full, and deletes those that are not needed
 * and kept for long enough. Any thread; has threads of its own once it has started.
 */
final class SegmentFiles {
  private static final Logger log = LoggerFactory.getLogger(SegmentFiles.class);
  private static final Duration FULL_PAUSE = Duration.ofSeconds(1);
  private static final Duration KEEP_PAUSE = Duration.ofSeconds(10);

  private static final Retention NOTHING = new Retention(Duration.ZERO, 0);

  private final FileFolder folder;
  private final FileOptions options;
  private final SegmentTable segments;
  private final IntSupplier current;
  private final IntSupplier sayNeeded;
  private final IntConsumer gone;

  /** Completes once nothing is written any more. */
  private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

  private volatile @Nullable Path next;
  private volatile boolean full;

  /** The oldest segment that is needed, as stands on the disk: none of those before is. */
  private final AtomicInteger needed = new AtomicInteger();

  private volatile @Nullable Thread maker;

  /** Completes once a next file is there, or could not be made at first. */
  private volatile CompletableFuture<Void> making = CompletableFuture.completedFuture(null);

  /**
   * With nothing to do yet.
   *
   * @param current the segment that is written
   * @param sayNeeded writes down which is the oldest segment that is needed, and waits until that
   *     is on the disk; gives 0 where it is not in time
   * @param gone told which segment is deleted
   */
  SegmentFiles(
      FileFolder folder,
      FileOptions options,
      SegmentTable segments,
      IntSupplier current,
      IntSupplier sayNeeded,
      IntConsumer gone) {
    this.folder = folder;
    this.options = options;
    this.segments = segments;
    this.current = current;
    this.sayNeeded = sayNeeded;
    this.gone = gone;
  }

  /** Deletes what is too old from now on, also where nothing happens. */
  void start() {
    Thread.ofVirtual().name("leat-file-keep").start(this::keepNoLonger);
  }

  /** Nothing is made and deleted any more. */
  void end() {
    ended.complete(null);
  }

  /** Whoever makes the next file; null where that has not begun. */
  @Nullable Thread maker() {
    return maker;
  }

  /** Whether the disk has no room for the next file. */
  boolean isFull() {
    return full;
  }

  /** Whether there is a next file, which is waited for while it is being made. */
  boolean hasNext() {
    making.join();
    return next != null;
  }

  /** The next file, which is made here if it is not there. */
  Path takeNext() throws IOException {
    Path file = next == null ? folder.spare(options.allocated()) : next;
    next = null;
    return Objects.requireNonNull(file, "it is there");
  }

  /** Makes it meanwhile. */
  void makeNext() {
    CompletableFuture<Void> tried = new CompletableFuture<>();
    making = tried;
    maker = Thread.ofVirtual().name("leat-file-next").start(() -> makeNext(tried));
  }

  /** Until there is one: a disk that is full may have room again. */
  private void makeNext(CompletableFuture<Void> tried) {
    boolean isFirst = true;
    while (next == null) {
      try {
        // At first whoever writes waits for this, and writes nothing meanwhile.
        if (!isFirst) {
          say();
        }
        isFirst = false;
        delete(options.kept());
        if (!folder.hasRoom(options.allocated())) {
          delete(NOTHING);
        }
        next = folder.spare(options.allocated());
        if (full) {
          log.info("{} has room again", options.name());
        }
        full = false;
      } catch (IOException | RuntimeException noRoom) {
        if (!full) {
          log.warn("{} has no next file: {}", options.name(), FileFolder.why(noRoom));
        }
        full = true;
        tried.complete(null);
        if (!pause(FULL_PAUSE)) {
          return;
        }
      }
    }
    tried.complete(null);
  }

  private void keepNoLonger() {
    while (pause(KEEP_PAUSE)) {
      try {
        say();
        delete(options.kept());
      } catch (IOException | RuntimeException failure) {
        log.warn(
            "{} has files that cannot be deleted: {}", options.name(), FileFolder.why(failure));
      }
    }
  }

  /**
   * It stands on the disk which segment is the oldest that is needed: of those before, what is
   * older than it may be, or more than may be kept, is deleted, the oldest first. Does not wait for
   * what is written.
   */
  void deleteBefore(int oldestNeeded) throws IOException {
    needed.accumulateAndGet(oldestNeeded, Math::max);
    delete(options.kept());
  }

  /** The same, however young it is. */
  void deleteAllBefore(int oldestNeeded) throws IOException {
    needed.accumulateAndGet(oldestNeeded, Math::max);
    delete(NOTHING);
  }

  /**
   * What nobody needs is said before it is deleted: else a start would miss it, or would find
   * neither it nor that it was completed.
   */
  private void say() {
    List<Integer> unneeded = segments.unneeded(current.getAsInt());
    if (!unneeded.isEmpty() && unneeded.getLast() >= needed.get()) {
      needed.accumulateAndGet(sayNeeded.getAsInt(), Math::max);
    }
  }

  private synchronized void delete(Retention kept) throws IOException {
    List<Integer> unneeded =
        segments.unneeded(current.getAsInt()).stream().filter(old -> old < needed.get()).toList();
    long bytes = 0;
    for (int old : unneeded) {
      bytes += folder.size(old);
    }
    for (int old : unneeded) {
      if (bytes <= kept.bytes()
          && !kept.age().isZero()
          && folder.age(old).compareTo(kept.age()) < 0) {
        return;
      }
      bytes -= folder.size(old);
      folder.delete(old);
      segments.forget(old);
      gone.accept(old);
    }
  }

  /** False once it has ended. */
  private boolean pause(Duration time) {
    try {
      ended.get(time.toMillis(), TimeUnit.MILLISECONDS);
      return false;
    } catch (TimeoutException goesOn) {
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}

package dev.leat.broker.memory;

import dev.leat.BrokerUnavailable;
import dev.leat.wire.RecordWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frames of records in a folder: what is written while one sync is under way goes into the next
 * frame, so that one sync is for all that wait. Any thread; the disk is written to by one of its
 * own.
 *
 * <p>A segment begins with all that has to be known of what stands in those before, but for
 * messages and notes. It goes once none of these is left in it and in those before it; those that
 * are left in the oldest are written once more when a segment begins and they are few.
 */
final class FileJournal implements Journal {
  private static final Logger log = LoggerFactory.getLogger(FileJournal.class);

  /** Of a segment how much may be written once more so that an older one can go. */
  private static final int FEW = 4;

  /** As many that wait are told by who writes: to wake another thread takes longer. */
  private static final int TOLD_AT_ONCE = 2;

  /** How long a message waits for more that is worth a sync, where nobody waits for it. */
  private static final Duration LONGEST_WAIT = Duration.ofMillis(1);

  private static final long FOR_EVER = Long.MAX_VALUE;

  private static final Duration SPARE_PAUSE = Duration.ofSeconds(1);
  private static final Duration KEEP_PAUSE = Duration.ofSeconds(10);

  /** Told once so much is on the disk. */
  private record Waiter(long position, CompletableFuture<Void> told) {}

  private final FileFolder folder;
  private final FileOptions options;
  private final SegmentTable segments = new SegmentTable();
  private final History history;
  private final ReentrantReadWriteLock whole = new ReentrantReadWriteLock();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();

  /** Tells many that wait, in order, while the next is written. */
  private final ExecutorService telling =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("leat-file-tell").daemon().factory());

  /** What {@link #telling} has not done yet. */
  private final AtomicInteger untold = new AtomicInteger();

  private final Thread writing;

  /** Completes once nothing is written any more. */
  private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

  private final AtomicLong durable = new AtomicLong();

  // Guarded by the lock.
  private RecordWriter out = new RecordWriter(1 << 16);
  private RecordWriter other = new RecordWriter(1 << 16);
  private ArrayDeque<Waiter> waiters = new ArrayDeque<>();
  private long position;
  private boolean urgent;
  private volatile boolean closing;
  private volatile @Nullable BrokerUnavailable failed;

  // Confined to the writing thread, but for the beginning.
  private @Nullable FileChannel channel;
  private long sequence;
  private long synced;
  private long syncTook;
  private long lastSync;

  private volatile int segment;
  private volatile long written;

  /** Bytes that wait to be written. */
  private volatile int waiting;

  private volatile @Nullable Path spare;
  private volatile boolean noSpare;

  /** Makes the next file. */
  private volatile @Nullable Thread sparing;

  /** Completes once a next file is there, or could not be made at first. */
  private volatile CompletableFuture<Void> making = CompletableFuture.completedFuture(null);

  private @Nullable MemoryBroker state;
  private Runnable onFailure = () -> {};

  FileJournal(FileFolder folder, FileOptions options) {
    this.folder = folder;
    this.options = options;
    this.history = new History(folder, options.name(), segments, () -> segment);
    this.writing = Thread.ofPlatform().name("leat-file").daemon().unstarted(this::work);
  }

  /**
   * Begins to write, once all that was written is read.
   *
   * @param broker whose state it is
   * @param last number of the newest segment that there is; 0 where there is none
   * @param next sequence of the next frame
   */
  void start(MemoryBroker broker, int last, long next) throws IOException {
    state = broker;
    segment = last;
    sequence = next;
    synced = next - 1;
    spare = folder.spare(options.allocated());
    roll();
    spareLater();
    writing.start();
    Thread.ofVirtual().name("leat-file-keep").start(this::keepNoLonger);
  }

  /** What is too old goes, also where nothing happens. */
  private void keepNoLonger() {
    while (pause(KEEP_PAUSE)) {
      try {
        deleteUnneeded();
      } catch (IOException | RuntimeException failure) {
        log.warn(
            "{} has files that cannot be deleted: {}", options.name(), FileFolder.why(failure));
      }
    }
  }

  SegmentTable segments() {
    return segments;
  }

  @Override
  public boolean hasFailed() {
    return failed != null && !closing;
  }

  /** What is done where nothing can be written any more; before anything is. */
  void onFailure(Runnable action) {
    onFailure = action;
  }

  @Override
  public History history() {
    return history;
  }

  @Override
  public boolean keeps() {
    return true;
  }

  @Override
  public long largest() {
    return options.most();
  }

  @Override
  public Changes begin() {
    BrokerUnavailable cause = failed;
    if (cause != null) {
      throw cause;
    }
    whole.readLock().lock();
    return new Changes();
  }

  @Override
  public void end() {
    whole.readLock().unlock();
  }

  @Override
  public long write(Changes changes) {
    if (changes.isEmpty()) {
      return durable.get();
    }
    lock.lock();
    try {
      BrokerUnavailable cause = failed;
      if (cause != null) {
        throw cause;
      }
      out.raw(changes.out().bytes(), 0, changes.out().size());
      position += changes.out().size();
      waiting = out.size();
      for (Changes.Placed placed : changes.placed()) {
        if (!placed.isGone()) {
          placed.stands(position, segment);
          segments.came(placed);
        }
      }
      boolean wake = !urgent && (changes.isUrgent() || out.size() == changes.out().size());
      urgent |= changes.isUrgent();
      if (wake) {
        filled.signal();
      }
      return position;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isDurable(long at) {
    return durable.get() >= at;
  }

  @Override
  public <T> CompletionStage<T> after(long at, T value) {
    if (isDurable(at)) {
      return CompletableFuture.completedStage(value);
    }
    CompletableFuture<Void> told = new CompletableFuture<>();
    lock.lock();
    try {
      BrokerUnavailable cause = failed;
      if (cause != null) {
        return CompletableFuture.failedStage(cause);
      }
      if (isDurable(at)) {
        return CompletableFuture.completedStage(value);
      }
      waiters.add(new Waiter(at, told));
    } finally {
      lock.unlock();
    }
    return told.thenApply(done -> value);
  }

  @Override
  public void gone(Changes.Placed placed) {
    if (!placed.isGone()) {
      placed.goes();
      segments.went(placed);
    }
  }

  @Override
  public @Nullable String refusal(int bytes) {
    if (noSpare && written + bytes > options.full()) {
      return "the disk of %s is full: nothing more is taken until there is room for %d bytes"
          .formatted(options.name(), options.allocated());
    }
    return waiting > options.most()
        ? "the disk of %s is too slow: %d bytes wait to be written"
            .formatted(options.name(), waiting)
        : null;
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      filled.signal();
    } finally {
      lock.unlock();
    }
    joinUninterruptibly(writing);
    Thread last = sparing;
    if (last != null) {
      joinUninterruptibly(last);
    }
    telling.shutdown();
    folder.close();
  }

  private static void joinUninterruptibly(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException again) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void work() {
    try {
      while (writeNext()) {
        if (written > options.full() && hasSpare()) {
          roll();
          spareLater();
        }
      }
      end(new BrokerUnavailable(options.name() + " is closed"));
    } catch (IOException | RuntimeException | Error failure) {
      String why = failure instanceof IOException io ? FileFolder.why(io) : failure.toString();
      log.error("{} cannot be written, it is closed: {}", options.name(), why, failure);
      end(
          new BrokerUnavailable(
              "%s cannot be written, and takes nothing more: %s".formatted(options.name(), why),
              failure));
      onFailure.run();
    }
  }

  /** Nothing is written any more, and whoever waits for it waits in vain. */
  private void end(BrokerUnavailable cause) {
    List<Waiter> left;
    lock.lock();
    try {
      failed = cause;
      left = List.copyOf(waiters);
      waiters = new ArrayDeque<>();
    } finally {
      lock.unlock();
    }
    tell(left, false, told -> told.completeExceptionally(cause));
    ended.complete(null);
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException failure) {
      log.debug("{} not closed", options.name(), failure);
    }
  }

  /** Waits for something, and writes all that is there; false at the end. */
  private boolean writeNext() throws IOException {
    RecordWriter full;
    long upTo;
    boolean last;
    lock.lock();
    try {
      waitForSome();
      if (!urgent && !closing && options.syncsAlways()) {
        waitForMore();
      }
      last = closing;
      if (last) {
        Changes end = new Changes();
        end.closed();
        out.raw(end.out().bytes(), 0, end.out().size());
        position += end.out().size();
      }
      full = out;
      upTo = position;
      out = other;
      other = full;
      urgent = false;
      waiting = 0;
    } finally {
      lock.unlock();
    }
    if (full.size() > 0) {
      put(full);
      full.clear();
    }
    sync(last);
    onDisk(upTo, true);
    return !last;
  }

  /** Until something has come, or what was written has to be synced. */
  private void waitForSome() {
    try {
      long left = untilSync();
      while (out.size() == 0 && !closing && left > 0) {
        var unused = filled.awaitNanos(left);
        left = untilSync();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private long untilSync() {
    return synced < sequence - 1
        ? options.sync().toNanos() - (System.nanoTime() - lastSync)
        : FOR_EVER;
  }

  /** What a caller sends is answered by a worker soon: one sync is enough for both. */
  private void waitForMore() {
    long left = Math.min(LONGEST_WAIT.toNanos(), syncTook);
    try {
      while (left > 0 && !urgent && !closing) {
        left = filled.awaitNanos(left);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void put(RecordWriter records) throws IOException {
    ByteBuffer frame = Frame.of(records.bytes(), records.size(), sequence, synced);
    sequence++;
    FileChannel current = Objects.requireNonNull(channel, "it has begun");
    long at = written;
    while (at + frame.limit() > options.allocated() && noSpare && !closing) {
      LockSupport.parkNanos(SPARE_PAUSE.toNanos());
    }
    while (frame.hasRemaining()) {
      at += current.write(frame, at);
    }
    written = at;
  }

  private void sync(boolean certainly) throws IOException {
    long begin = System.nanoTime();
    if (options.syncsAlways() || certainly || begin - lastSync >= options.sync().toNanos()) {
      Objects.requireNonNull(channel, "it has begun").force(false);
      lastSync = System.nanoTime();
      syncTook = lastSync - begin;
      synced = sequence - 1;
    }
  }

  /**
   * So much is on the disk.
   *
   * @param atOnce whether those that wait may do something here, if they are few
   */
  private void onDisk(long upTo, boolean atOnce) {
    durable.set(upTo);
    List<Waiter> done = new ArrayList<>();
    lock.lock();
    try {
      waiters.removeIf(waiter -> waiter.position <= upTo && done.add(waiter));
    } finally {
      lock.unlock();
    }
    tell(done, atOnce, told -> told.complete(null));
  }

  private void tell(List<Waiter> waiting, boolean atOnce, Consumer<CompletableFuture<Void>> how) {
    if (atOnce && waiting.size() <= TOLD_AT_ONCE && untold.get() == 0) {
      waiting.forEach(waiter -> how.accept(waiter.told));
    } else if (!waiting.isEmpty()) {
      untold.incrementAndGet();
      telling.execute(
          () -> {
            waiting.forEach(waiter -> how.accept(waiter.told));
            untold.decrementAndGet();
          });
    }
  }

  /** Begins a segment, with all that has to be known; and lets go of those that nobody needs. */
  private void roll() throws IOException {
    MemoryBroker broker = Objects.requireNonNull(state, "it has begun");
    whole.writeLock().lock();
    try {
      drain();
      int number = segment + 1;
      FileChannel next = folder.begin(number, Objects.requireNonNull(spare, "there is one"));
      spare = null;
      if (channel != null) {
        // What was set aside and is not needed: it is kept perhaps for long.
        channel.truncate(written);
        channel.close();
      }
      channel = next;
      segment = number;
      written = 0;
      Changes all = new Changes();
      broker.writeState(all);
      int oldest = segments.oldestThatGoes(number, options.segment() / FEW);
      if (oldest > 0) {
        broker.writeContentOf(oldest, segments::went, all);
      }
      all.needed(segments.oldestNeeded(number));
      for (Changes.Placed placed : all.placed()) {
        placed.stands(position, number);
        segments.came(placed);
      }
      put(all.out());
      sync(true);
      // It says that the one before is on the disk: if that is not whole one day, it is damaged.
      put(new RecordWriter(0));
    } finally {
      whole.writeLock().unlock();
    }
    deleteUnneeded();
  }

  /** What waits to be written is for the segment that it was said to be in. */
  private void drain() throws IOException {
    if (channel != null) {
      long upTo = position;
      if (out.size() > 0) {
        put(out);
        out.clear();
        waiting = 0;
        urgent = false;
      }
      sync(true);
      onDisk(upTo, false);
    }
  }

  /** Deletes what is older than it may be, or more than may be kept; the oldest first. */
  private synchronized void deleteUnneeded() throws IOException {
    deleteUnneeded(options.keepBytes());
  }

  private synchronized void deleteUnneeded(long most) throws IOException {
    List<Integer> unneeded = segments.unneeded(segment);
    long bytes = 0;
    for (int old : unneeded) {
      bytes += folder.size(old);
    }
    for (int old : unneeded) {
      if (bytes <= most && folder.age(old).compareTo(options.keep()) < 0) {
        return;
      }
      bytes -= folder.size(old);
      folder.delete(old);
      segments.forget(old);
      history.forget(old);
    }
  }

  /** Whether there is a next file, which is waited for while it is being made. */
  private boolean hasSpare() {
    making.join();
    return spare != null;
  }

  private void spareLater() {
    CompletableFuture<Void> tried = new CompletableFuture<>();
    making = tried;
    sparing = Thread.ofVirtual().name("leat-file-next").start(() -> makeSpare(tried));
  }

  /** Until there is one: a disk that is full may have room again. */
  private void makeSpare(CompletableFuture<Void> tried) {
    while (spare == null) {
      try {
        deleteUnneeded();
        if (!folder.hasRoom(options.allocated())) {
          deleteUnneeded(0);
        }
        spare = folder.spare(options.allocated());
        if (noSpare) {
          log.info("{} has room again", options.name());
        }
        noSpare = false;
      } catch (IOException | RuntimeException full) {
        if (!noSpare) {
          log.warn("{} has no next file: {}", options.name(), FileFolder.why(full));
        }
        noSpare = true;
        tried.complete(null);
        if (!pause(SPARE_PAUSE)) {
          return;
        }
      }
    }
    tried.complete(null);
  }

  /** False once it is closed. */
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

package dev.leat.broker.memory;

import dev.leat.BrokerUnavailable;
import dev.leat.wire.RecordWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
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
 */
final class FileJournal implements Journal {
  private static final Logger log = LoggerFactory.getLogger(FileJournal.class);

  /** Of a segment how much may be written once more so that an older one can go. */
  private static final int FEW = 4;

  /** As many that wait are told by who writes: to wake another thread takes longer. */
  private static final int TOLD_AT_ONCE = 2;

  /** How long a message waits for more that is worth a sync, where nobody waits for it. */
  private static final Duration LONGEST_WAIT = Duration.ofMillis(1);

  /** A disk that takes longer has other worries. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration FULL_PAUSE = Duration.ofSeconds(1);

  /** Told once so much is on the disk. */
  private record Waiter(long position, CompletableFuture<Void> told) {}

  private final FileFolder folder;
  private final FileOptions options;
  private final SegmentTable segments = new SegmentTable();
  private final History history;
  private final SegmentWriter writer;
  private final SegmentFiles files;
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

  private final AtomicLong durable = new AtomicLong();

  // Guarded by the lock.
  private RecordWriter out = new RecordWriter(1 << 16);
  private RecordWriter other = new RecordWriter(1 << 16);
  private ArrayDeque<Waiter> waiters = new ArrayDeque<>();
  private long position;
  private boolean urgent;
  private volatile boolean closing;
  private volatile @Nullable BrokerUnavailable failed;

  /** Bytes that wait to be written. */
  private volatile int waiting;

  private @Nullable MemoryBroker state;
  private Runnable onFailure = () -> {};

  FileJournal(FileFolder folder, FileOptions options) {
    this.folder = folder;
    this.options = options;
    this.writer = new SegmentWriter(folder, options, segments);
    this.history = new History(folder, options.name(), segments, writer::segment);
    this.files =
        new SegmentFiles(
            folder, options, segments, writer::segment, this::sayNeeded, history::forget);
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
    writer.resume(last, next);
    roll();
    files.makeNext();
    writing.start();
    files.start();
  }

  /** In place of {@link #start}: writes all that is needed once more, and deletes all else. */
  void compact(MemoryBroker broker, int last, long next) throws IOException {
    writer.resume(last, next);
    do {
      // As much as makes a file go, however much that is.
      long most = Math.max(options.full(), segments.leftInOldest());
      int needed = writer.begin(files.takeNext(), broker, most, 0);
      files.deleteAllBefore(needed);
    } while (segments.all().getFirst() <= last);
    Changes end = new Changes();
    end.closed();
    writer.put(writer.frame(end.out()));
    writer.truncate();
    writer.sync(true);
    writer.close();
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
          placed.stands(position, writer.segment());
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
  public long position() {
    lock.lock();
    try {
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
      if (isDurable(at)) {
        return CompletableFuture.completedStage(value);
      }
      BrokerUnavailable cause = failed;
      if (cause != null) {
        return CompletableFuture.failedStage(inTheMidst(cause));
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
    if (files.isFull() && writer.written() + bytes > options.full()) {
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
    Thread last = files.maker();
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
        if (writer.written() > options.full() && files.hasNext()) {
          roll();
          files.makeNext();
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

  /** Nothing is written any more, and whoever waits for it waits in vain: it may be written. */
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
    BrokerUnavailable midst = inTheMidst(cause);
    tell(left, false, told -> told.completeExceptionally(midst));
    files.end();
    try {
      writer.close();
    } catch (IOException failure) {
      log.debug("{} not closed", options.name(), failure);
    }
  }

  /** What has its position may be on the disk, or not. */
  private static BrokerUnavailable inTheMidst(BrokerUnavailable cause) {
    return BrokerUnavailable.inTheMidst(String.valueOf(cause.getMessage()), cause.getCause());
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
    writer.sync(last);
    onDisk(upTo, true);
    return !last;
  }

  /** Until something has come, or what was written has to be synced. */
  private void waitForSome() {
    try {
      long left = writer.untilSync();
      while (out.size() == 0 && !closing && left > 0) {
        var unused = filled.awaitNanos(left);
        left = writer.untilSync();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** What a caller sends is answered by a worker soon: one sync is enough for both. */
  private void waitForMore() {
    long left = Math.min(LONGEST_WAIT.toNanos(), writer.syncTook());
    try {
      while (left > 0 && !urgent && !closing) {
        left = filled.awaitNanos(left);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void put(RecordWriter records) throws IOException {
    ByteBuffer frame = writer.frame(records);
    while (writer.written() + frame.limit() > options.allocated() && files.isFull() && !closing) {
      LockSupport.parkNanos(FULL_PAUSE.toNanos());
    }
    writer.put(frame);
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
    int needed;
    whole.writeLock().lock();
    try {
      drain();
      needed = writer.begin(files.takeNext(), broker, options.segment() / FEW, position);
    } finally {
      whole.writeLock().unlock();
    }
    files.deleteBefore(needed);
  }

  /**
   * Which segment is the oldest that is needed, once that is on the disk; 0 if it is not in time.
   * Not for the thread that writes, which would wait for itself.
   */
  private int sayNeeded() {
    Changes changes = new Changes();
    int needed;
    long at;
    // All that is not needed any more has to stand before it, and not be on its way there.
    whole.writeLock().lock();
    try {
      needed = segments.oldestNeeded(writer.segment());
      changes.needed(needed);
      at = write(changes);
    } finally {
      whole.writeLock().unlock();
    }
    long patience = options.sync().plus(PATIENCE).toMillis();
    return after(at, needed)
        .toCompletableFuture()
        .completeOnTimeout(0, patience, TimeUnit.MILLISECONDS)
        .join();
  }

  /** What waits to be written is for the segment that it was said to be in. */
  private void drain() throws IOException {
    long upTo = position;
    if (out.size() > 0) {
      put(out);
      out.clear();
      waiting = 0;
      urgent = false;
    }
    writer.sync(true);
    onDisk(upTo, false);
  }
}

package dev.leat.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The least that durability costs on a disk: records that are appended to a file that was allocated
 * before, one sync for all that wait, and nothing else. What does this for each request twice, for
 * what was asked and what was answered, is what a durable broker is compared with.
 */
final class SyncFloor {
  private static final int RECORD = 200;
  private static final int ALLOCATED = 64 << 20;
  private static final int ONE_BY_ONE = 2_000;

  /** Told when what was given before is on the disk. */
  private final LinkedTransferQueue<CompletableFuture<Void>> waiting = new LinkedTransferQueue<>();

  private final FileChannel file;
  private volatile boolean ended;

  private SyncFloor(FileChannel file) {
    this.file = file;
  }

  /** Microseconds that one append with its sync takes, the median of many. */
  static double trip(Path folder) {
    try (FileChannel file = allocated(folder)) {
      double[] took = new double[ONE_BY_ONE];
      for (int i = 0; i < took.length; i++) {
        long begin = System.nanoTime();
        append(file, 1, (long) i * RECORD);
        took[i] = (System.nanoTime() - begin) / 1e3;
      }
      Arrays.sort(took);
      return took[took.length / 2];
    } catch (IOException failure) {
      throw new IllegalStateException("the disk of " + folder + " cannot be measured", failure);
    }
  }

  /** Pairs of appends a second, each awaited by one of so many threads. */
  static double perSecond(Path folder, int threads, Duration time) {
    try (FileChannel file = allocated(folder)) {
      SyncFloor floor = new SyncFloor(file);
      Thread writer = Thread.ofPlatform().start(floor::write);
      AtomicLong pairs = new AtomicLong();
      long end = System.nanoTime() + time.toNanos();
      try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          all.add(callers.submit(() -> floor.ask(end, pairs)));
        }
        for (Future<?> one : all) {
          one.get();
        }
      }
      floor.ended = true;
      floor.await();
      writer.join();
      return pairs.get() / (time.toNanos() / 1e9);
    } catch (IOException | ExecutionException failure) {
      throw new IllegalStateException("the disk of " + folder + " cannot be measured", failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while measuring", interrupted);
    }
  }

  private void ask(long end, AtomicLong pairs) {
    while (System.nanoTime() < end) {
      await();
      await();
      pairs.incrementAndGet();
    }
  }

  private void await() {
    CompletableFuture<Void> durable = new CompletableFuture<>();
    waiting.add(durable);
    durable.join();
  }

  private void write() {
    long at = 0;
    try {
      while (!ended) {
        List<CompletableFuture<Void>> batch = new ArrayList<>();
        batch.add(waiting.take());
        waiting.drainTo(batch);
        if (at + (long) batch.size() * RECORD > ALLOCATED) {
          at = 0;
        }
        append(file, batch.size(), at);
        at += (long) batch.size() * RECORD;
        batch.forEach(one -> one.complete(null));
      }
    } catch (IOException failure) {
      throw new IllegalStateException("not written", failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void append(FileChannel file, int records, long at) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(records * RECORD);
    Arrays.fill(bytes.array(), (byte) records);
    while (bytes.hasRemaining()) {
      var unused = file.write(bytes, at + bytes.position());
    }
    file.force(false);
  }

  private static FileChannel allocated(Path folder) throws IOException {
    Path path = folder.resolve("sync-floor");
    Files.write(path, new byte[ALLOCATED]);
    FileChannel file =
        FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
    file.force(true);
    return file;
  }
}

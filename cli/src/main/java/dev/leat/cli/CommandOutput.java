package dev.leat.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** What a process says, as it comes, up to a number of bytes. Any thread. */
final class CommandOutput {
  private final int most;
  private final Runnable onMore;
  private final ByteArrayOutputStream all = new ByteArrayOutputStream();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean more;

  /**
   * Begins to read.
   *
   * @param most bytes that are kept; what follows is read and thrown away
   * @param onMore called once there are more
   */
  CommandOutput(InputStream stream, int most, Runnable onMore) {
    this.most = most;
    this.onMore = onMore;
    // To read blocks a thread of the system; many commands would leave no virtual one any.
    Thread.ofPlatform().daemon().start(() -> read(stream));
  }

  /** Whether it came to its end, after waiting for that. */
  boolean ends(Duration patience) throws InterruptedException {
    return ended.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Whether there was more than is kept. */
  boolean isMore() {
    return more;
  }

  /** What is kept of what came so far. */
  byte[] bytes() {
    synchronized (all) {
      return all.toByteArray();
    }
  }

  private void read(InputStream stream) {
    byte[] part = new byte[8_192];
    try (stream) {
      for (int count = stream.read(part); count >= 0; count = stream.read(part)) {
        keep(part, count);
      }
    } catch (IOException closed) {
      return;
    } finally {
      ended.countDown();
    }
  }

  private void keep(byte[] part, int count) {
    boolean tooMuch;
    synchronized (all) {
      int room = most - all.size();
      all.write(part, 0, Math.min(room, count));
      tooMuch = count > room;
    }
    if (tooMuch && !more) {
      more = true;
      onMore.run();
    }
  }
}

package dev.leat.broker.memory;

import dev.leat.BadConfiguration;
import dev.leat.BrokerUnavailable;
import dev.leat.broker.Broker;
import dev.leat.broker.BrokerUrl;
import dev.leat.broker.EventLoop;
import dev.leat.broker.remote.BrokerServer;
import dev.leat.broker.remote.RemoteBroker;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the embedded broker with what a folder has. The first process that opens it has it, and
 * lets the others in; when it goes, one of those has it next.
 */
final class FileBroker implements RemoteBroker.Way {
  private static final Logger log = LoggerFactory.getLogger(FileBroker.class);

  /** How long whoever has it may take to read what is there. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Limits limits;
  private final FileOptions options;
  private final EventLoop loop;
  private @Nullable MemoryBroker own;
  private boolean closed;

  private FileBroker(Limits limits, FileOptions options, EventLoop loop) {
    this.limits = limits;
    this.options = options;
    this.loop = loop;
  }

  static Broker open(BrokerUrl url, EventLoop loop) {
    FileBroker way = new FileBroker(Limits.ofFile(url), FileOptions.of(url), loop);
    MemoryBroker here = way.take();
    return here == null ? way.visit() : here;
  }

  private Broker visit() {
    try {
      return RemoteBroker.connect(options.name(), loop, MemoryBroker.OF_FILE, this, PATIENCE);
    } catch (BrokerUnavailable silent) {
      throw new BrokerUnavailable(
          "%s is in use by %s, which does not answer"
              .formatted(options.name(), FileFolder.owner(options.path())),
          silent);
    }
  }

  /** The broker, in this process; null where another has it. */
  private @Nullable MemoryBroker take() {
    FileFolder folder = FileFolder.open(options.path(), options.least());
    if (folder == null) {
      return null;
    }
    boolean opened = false;
    try {
      FileJournal journal = new FileJournal(folder, options);
      MemoryBroker broker = new MemoryBroker(limits, loop, journal);
      // Whoever comes next may have more luck with the disk.
      journal.onFailure(
          () -> {
            broker.letsNobodyIn();
            folder.close();
          });
      FileRecovery recovery = new FileRecovery(folder, options.name(), broker, journal.segments());
      recovery.read();
      journal.start(broker, recovery.lastSegment(), recovery.nextSequence());
      opened = true;
      letOthersIn(folder, broker);
      return broker;
    } catch (IOException failure) {
      throw new BadConfiguration(
          options.name() + " cannot be read and written: " + FileFolder.why(failure), failure);
    } finally {
      if (!opened) {
        folder.close();
      }
    }
  }

  private void letOthersIn(FileFolder folder, MemoryBroker broker) {
    try {
      Path socket = folder.socket();
      broker.letsIn(BrokerServer.start(broker, loop, socket));
      folder.letIn(socket);
    } catch (IOException | UnsupportedOperationException failure) {
      log.warn(
          "{}: no other process can use it beside this one: {}",
          options.name(),
          FileFolder.why(failure));
    }
  }

  /** To whoever has it, which from now on is this process if nobody else has. */
  @Override
  public synchronized SocketChannel connect() throws IOException {
    if (closed) {
      throw new IOException("closed");
    }
    if (own != null && (own.hasFailed() || !own.letsOthersIn())) {
      own.close();
      own = null;
    }
    if (own == null) {
      own = take();
      if (own != null) {
        log.info("{}: this process has it now, and lets others in", options.name());
      }
    }
    Path socket =
        FileFolder.socketOf(options.path())
            .orElseThrow(() -> new IOException("whoever has it lets nobody in yet"));
    return SocketChannel.open(UnixDomainSocketAddress.of(socket));
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (own != null) {
      own.close();
      own = null;
    }
  }
}

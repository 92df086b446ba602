package dev.leat.broker.memory;

import dev.leat.BadConfiguration;
import dev.leat.broker.Broker;
import dev.leat.broker.BrokerUrl;
import dev.leat.broker.EventLoop;
import java.io.IOException;

/** Opens the embedded broker with what a folder has. */
final class FileBroker {
  private FileBroker() {}

  static Broker open(BrokerUrl url, EventLoop loop) {
    Limits limits = Limits.ofFile(url);
    FileOptions options = FileOptions.of(url);
    FileFolder folder = FileFolder.open(options.path(), options.least());
    boolean opened = false;
    try {
      FileJournal journal = new FileJournal(folder, options);
      MemoryBroker broker = new MemoryBroker(limits, loop, journal);
      FileRecovery recovery = new FileRecovery(folder, options.name(), broker, journal.segments());
      recovery.read();
      journal.start(broker, recovery.lastSegment(), recovery.nextSequence());
      opened = true;
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
}

package dev.leat.testkit;

import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.EventLoop;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The embedded broker with a folder. */
class FileContractTest extends BrokerContract {
  @TempDir private Path folder;

  @Override
  protected Broker open(EventLoop loop) {
    return Brokers.open("file:" + folder.resolve("leat"), loop);
  }
}

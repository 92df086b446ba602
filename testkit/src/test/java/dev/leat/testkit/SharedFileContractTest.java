package dev.leat.testkit;

import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.EventLoop;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A folder that another has, as it is seen through its socket. */
class SharedFileContractTest extends BrokerContract {
  @TempDir private Path folder;
  private @Nullable Broker owner;

  @Override
  protected Broker open(EventLoop loop) {
    String url = "file:" + folder.resolve("leat");
    owner = Brokers.open(url, loop);
    return Brokers.open(url, loop);
  }

  @AfterEach
  void closeOwner() {
    if (owner != null) {
      owner.close();
    }
  }
}

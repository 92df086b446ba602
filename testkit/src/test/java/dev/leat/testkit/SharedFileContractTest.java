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
  private @Nullable FolderOwner owner;

  @Override
  protected Broker open(EventLoop loop) {
    String url = "file:" + folder.resolve("leat");
    owner = new FolderOwner(url);
    return Brokers.open(url, loop);
  }

  @AfterEach
  void closeOwner() {
    if (owner != null) {
      owner.close();
    }
  }
}

package dev.leat.testkit;

import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.ThreadLoop;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A folder that another has, as it is seen through its socket. */
class SharedFileOrderTest extends OrderContract {
  private final ThreadLoop ownersLoop = new ThreadLoop("owner", true);
  @TempDir private Path folder;
  private @Nullable Broker owner;

  @Override
  protected String url() {
    String url = "file:" + folder.resolve("leat");
    if (owner == null) {
      owner = Brokers.open(url, ownersLoop);
    }
    return url;
  }

  @AfterEach
  void closeOwner() {
    if (owner != null) {
      owner.close();
    }
    ownersLoop.close();
  }
}

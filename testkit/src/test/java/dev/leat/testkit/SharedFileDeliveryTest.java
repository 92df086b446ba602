package dev.leat.testkit;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A folder that another has, as it is seen through its socket. */
class SharedFileDeliveryTest extends DeliveryContract {
  @TempDir private Path folder;
  private @Nullable FolderOwner owner;

  @Override
  protected String url() {
    String url = "file:" + folder.resolve("leat");
    if (owner == null) {
      owner = new FolderOwner(url);
    }
    return url;
  }

  @AfterEach
  void closeOwner() {
    if (owner != null) {
      owner.close();
    }
  }
}

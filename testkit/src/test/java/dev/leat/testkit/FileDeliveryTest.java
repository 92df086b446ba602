package dev.leat.testkit;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The embedded broker with a folder. */
class FileDeliveryTest extends DeliveryContract {
  @TempDir private Path folder;

  @Override
  protected String url() {
    return "file:" + folder.resolve("leat");
  }
}

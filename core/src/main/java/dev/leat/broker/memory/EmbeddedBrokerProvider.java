package dev.leat.broker.memory;

import dev.leat.broker.Broker;
import dev.leat.broker.BrokerProvider;
import dev.leat.broker.BrokerUrl;
import dev.leat.broker.EventLoop;
import dev.leat.broker.FolderTools;
import java.util.Optional;
import java.util.Set;

/**
 * Opens the embedded broker. {@code memory:} is streams that live in this process and end with it;
 * each opening is a broker of its own. {@code file:/path} is the same with a folder that outlives
 * it, for one process at a time.
 *
 * <p>Options of both: {@code entries} and {@code bytes}, what one stream may hold at most, {@code
 * history}, how much of that may be completed, and {@code answers}, bytes that answers may take
 * which idempotent handlers are remembered by. Of {@code file:} also {@code sync}, {@code always}
 * or how often, and {@code segment}, bytes of one of its files.
 */
public final class EmbeddedBrokerProvider implements BrokerProvider {
  private static final String FILE = "file";

  /** For {@link java.util.ServiceLoader}. */
  public EmbeddedBrokerProvider() {}

  @Override
  public Set<String> schemes() {
    return Set.of("memory", FILE);
  }

  @Override
  public void check(BrokerUrl url) {
    if (url.scheme().equals(FILE)) {
      Limits.ofFile(url);
      FileOptions.of(url);
    } else {
      Limits.of(url);
    }
  }

  @Override
  public Broker open(BrokerUrl url, EventLoop loop) {
    return url.scheme().equals(FILE)
        ? FileBroker.open(url, loop)
        : new MemoryBroker(Limits.of(url), loop, Journal.NONE);
  }

  @Override
  public Optional<FolderTools> folderTools() {
    return Optional.of(new FileTools());
  }
}

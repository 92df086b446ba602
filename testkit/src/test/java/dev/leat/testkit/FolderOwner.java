package dev.leat.testkit;

import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.ThreadLoop;

/** Has a folder, so that whoever else opens it comes in through its socket. */
final class FolderOwner implements AutoCloseable {
  private final ThreadLoop loop = new ThreadLoop("owner", true);
  private final Broker broker;

  FolderOwner(String url) {
    broker = Brokers.open(url, loop);
  }

  @Override
  public void close() {
    broker.close();
    loop.close();
  }
}

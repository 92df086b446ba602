package dev.leat.broker;

import java.util.Optional;
import java.util.Set;

/**
 * Opens brokers of some schemes. Found by {@link java.util.ServiceLoader}; a broker's module has
 * this one public class.
 */
public interface BrokerProvider {
  /** The schemes it answers to, lower case and without the colon. */
  Set<String> schemes();

  /**
   * Refuses a URL that {@link #open} would refuse whatever is there; connects to nothing.
   *
   * @throws dev.leat.BadConfiguration if the URL asks for what there is not
   */
  void check(BrokerUrl url);

  /**
   * Opens a broker. May wait for a first connection.
   *
   * @param url of one of {@link #schemes}
   * @param loop for the broker's timers; it is not closed with the broker
   * @throws dev.leat.BadConfiguration if the URL asks for what there is not
   * @throws dev.leat.BrokerUnavailable if nothing answers there
   */
  Broker open(BrokerUrl url, EventLoop loop);

  /** What can be done with the folder of one; empty where brokers have none. */
  default Optional<FolderTools> folderTools() {
    return Optional.empty();
  }
}

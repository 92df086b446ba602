package dev.leat.broker;

import dev.leat.BadConfiguration;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** Finds brokers by the scheme of their URL. */
public final class Brokers {
  private Brokers() {}

  /**
   * Opens the broker that a URL names.
   *
   * @param loop for the broker's timers; it is not closed with the broker
   * @throws BadConfiguration if the URL cannot be read or no provider knows its scheme
   * @throws dev.leat.BrokerUnavailable if nothing answers there
   */
  public static Broker open(String url, EventLoop loop) {
    BrokerUrl parsed = BrokerUrl.parse(url);
    return provider(parsed).open(parsed, loop);
  }

  /**
   * Refuses a URL that {@link #open} would refuse whatever is there; connects to nothing.
   *
   * @throws BadConfiguration if the URL cannot be read, no provider knows its scheme, or it asks
   *     for what there is not
   */
  public static void check(String url) {
    BrokerUrl parsed = BrokerUrl.parse(url);
    provider(parsed).check(parsed);
  }

  /** What can be done with the folders of the brokers of a scheme. */
  public static FolderTools folderTools(String scheme) {
    BrokerProvider provider = providers().get(scheme);
    return Optional.ofNullable(provider)
        .flatMap(BrokerProvider::folderTools)
        .orElseThrow(() -> new BadConfiguration("brokers of '" + scheme + ":' have no folder"));
  }

  private static BrokerProvider provider(BrokerUrl url) {
    Map<String, BrokerProvider> known = providers();
    BrokerProvider provider = known.get(url.scheme());
    if (provider == null) {
      throw new BadConfiguration(
          "%s: no broker has the scheme '%s:', known are %s"
              .formatted(url, url.scheme(), String.join(", ", schemes(known))));
    }
    return provider;
  }

  private static Map<String, BrokerProvider> providers() {
    Map<String, BrokerProvider> byScheme = new TreeMap<>();
    for (BrokerProvider provider : ServiceLoader.load(BrokerProvider.class)) {
      provider.schemes().forEach(scheme -> byScheme.put(scheme, provider));
    }
    return byScheme;
  }

  private static Iterable<String> schemes(Map<String, BrokerProvider> known) {
    return known.keySet().stream().map(scheme -> scheme + ":").toList();
  }
}

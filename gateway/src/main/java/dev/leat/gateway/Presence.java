package dev.leat.gateway;

import dev.leat.Leat;
import dev.leat.Participant;
import dev.leat.broker.Announcement;
import dev.leat.broker.Capability;
import dev.leat.gateway.route.Route;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Says that a gateway is there, and what it serves. Any thread. */
final class Presence implements AutoCloseable {
  private final Leat leat;
  private final Supplier<List<Route>> routes;
  private @Nullable Announcement said;

  /**
   * Nothing is said yet.
   *
   * @param routes as they are now
   */
  Presence(Leat leat, Supplier<List<Route>> routes) {
    this.leat = leat;
    this.routes = routes;
  }

  /** Says it from now on, where the broker lets it. */
  synchronized void announce() {
    if (said == null && leat.broker().capabilities().contains(Capability.PARTICIPANTS)) {
      Instant since = leat.loop().wallClock().instant();
      String version =
          Optional.ofNullable(LeatGateway.class.getPackage().getImplementationVersion()).orElse("");
      said =
          leat.broker()
              .announce(
                  () ->
                      new Participant.Gateway(
                          leat.instance(),
                          since,
                          version,
                          routes.get().stream().map(Presence::served).toList()));
    }
  }

  private static Participant.Served served(Route route) {
    return new Participant.Served(route.method(), route.path(), route.topic(), route.type());
  }

  @Override
  public synchronized void close() {
    if (said != null) {
      said.close();
      said = null;
    }
  }
}

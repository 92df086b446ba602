package dev.leat.gateway.config;

import dev.leat.Retention;
import dev.leat.StreamRef;
import dev.leat.gateway.Listener;
import dev.leat.gateway.http.ClientLimits;
import dev.leat.gateway.route.Route;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a gateway is told by its file.
 *
 * @param broker its URL, which may hold a password
 * @param listeners where it takes requests, at least one
 * @param management where health and metrics are answered; nowhere where empty
 * @param eventLoops left to the gateway where empty
 * @param inFlightLimit requests that may wait for their replies at a time
 * @param bufferLimit bytes of bodies and replies that may wait at a time, if it is said
 * @param drain how long those under way may take to end when the gateway does
 * @param compression whether responses are compressed for clients that take it
 * @param clients how long, and how much, they may keep a connection waiting
 * @param retentions of topics that keep what is completed, or dead letters, for another time than
 *     the broker's URL says
 * @param routes that do not contradict each other
 */
public record GatewaySettings(
    String broker,
    List<Listener> listeners,
    Optional<Listener> management,
    OptionalInt eventLoops,
    int inFlightLimit,
    OptionalLong bufferLimit,
    Duration drain,
    boolean compression,
    ClientLimits clients,
    Map<StreamRef.OfTopic, Retention> retentions,
    List<Route> routes) {
  /** Names no broker, since that may hold a password. */
  @Override
  public String toString() {
    return "listeners=%d routes=%d".formatted(listeners.size(), routes.size());
  }
}

package dev.leat.gateway;

import dev.leat.Dialect;
import dev.leat.Unsupported;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a route asks of the broker: known, and refused, before the first request.
 *
 * @param route which
 * @param capabilities that it cannot do without
 */
record RouteNeeds(Route route, Set<Capability> capabilities) {
  static RouteNeeds of(Route route) {
    Set<Capability> needed = EnumSet.noneOf(Capability.class);
    if (route.dialect() == Dialect.NAMED) {
      needed.add(Capability.NAMED_DIALECT);
    }
    if (route.orderKey().isPresent()) {
      needed.add(Capability.KEY_ORDER);
    }
    if (route.reply() == ReplyMode.PRIVATE) {
      needed.add(Capability.REPLIES);
    }
    if (route.reply() == ReplyMode.SHARED) {
      needed.add(Capability.TAIL);
    }
    return new RouteNeeds(route, needed);
  }

  /**
   * The route as it can be: with a lower limit of its bodies where none was asked for.
   *
   * @throws Unsupported if the broker lacks any of it, or takes no messages as large as its bodies
   */
  Route metBy(Broker broker) {
    for (Capability needed : capabilities) {
      if (!broker.capabilities().contains(needed)) {
        throw new Unsupported(named() + needed.missing().getMessage());
      }
    }
    long largest = broker.limits().largestMessage();
    if (route.bodyLimit() <= largest) {
      return route;
    }
    if (route.bodyLimit() != Route.DEFAULT_BODY_LIMIT) {
      throw new Unsupported(
          named()
              + "this broker takes messages of %d bytes at most: set a body-limit of no more, not %d"
                  .formatted(largest, route.bodyLimit()));
    }
    return route.bodyLimit((int) largest);
  }

  private String named() {
    return "route %s %s: ".formatted(route.method(), route.path());
  }
}

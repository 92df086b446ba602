package dev.leat.gateway.route;

import dev.leat.caller.Target;
import java.util.List;
import java.util.Set;

/** What a request's method and path came to. */
public sealed interface Match {
  /**
   * A route takes it.
   *
   * @param target where its messages go
   * @param names of the path's parameters
   * @param values of them, decoded, in the same order
   */
  record Found(Route route, Target target, List<String> names, List<String> values)
      implements Match {}

  /** Routes take the path, but with other methods. */
  record WrongMethod(Set<String> allowed) implements Match {}

  /** No route takes the path. */
  record Unknown() implements Match {}

  /** The path cannot be decoded. */
  record Malformed() implements Match {}
}

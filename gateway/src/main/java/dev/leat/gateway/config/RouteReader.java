package dev.leat.gateway.config;

import dev.leat.Dialect;
import dev.leat.gateway.route.Cors;
import dev.leat.gateway.route.OrderKey;
import dev.leat.gateway.route.RateLimit;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Reads routes, each over the defaults. */
final class RouteReader {
  /** What a route may say, and so may the defaults. */
  static final Set<String> SETTINGS =
      GatewayFile.inOrder(
          "timeout",
          "reply",
          "dialect",
          "media-types",
          "body-limit",
          "headers",
          "cors",
          "rate-limit",
          "idempotency-key",
          "order-by",
          "in-flight-limit",
          "query",
          "gzip-bodies",
          "without-workers");

  private static final Set<String> CORS_KEYS =
      GatewayFile.inOrder("origins", "headers", "exposed", "credentials", "max-age");

  private static final Set<String> IDENTITY =
      GatewayFile.inOrder("method", "path", "topic", "type");
  private static final Set<String> KEYS = both(IDENTITY, SETTINGS);
  private static final Map<String, Boolean> KEY_RULES = Map.of("optional", false, "required", true);
  private static final Map<String, Boolean> QUERY_RULES =
      Map.of("beside-body", false, "fills-body", true);
  private static final Map<String, Boolean> WITHOUT_WORKERS = Map.of("wait", true, "refuse", false);
  private static final Map<String, ReplyMode> REPLIES = words(ReplyMode.values());
  private static final Map<String, Dialect> DIALECTS = words(Dialect.values());

  private final Optional<Mapping> defaults;

  RouteReader(Optional<Mapping> defaults) {
    this.defaults = defaults;
  }

  List<Route> read(Optional<Value> list, Faults faults) {
    if (list.isEmpty()) {
      faults.add(1, "the key 'routes' is missing: without a route every request is a 404");
      return List.of();
    }
    List<Route> routes = new ArrayList<>();
    Map<String, Integer> lines = new HashMap<>();
    for (Value item : list.orElseThrow().items()) {
      Optional<Route> route = item.mapping(KEYS).flatMap(keys -> route(item, keys));
      if (route.isPresent()) {
        Integer other = lines.putIfAbsent(route.orElseThrow().shape(), item.line());
        if (other != null) {
          item.fault("the route of line " + other + " takes the same requests");
        }
        routes.add(route.orElseThrow());
      }
    }
    return routes;
  }

  private Optional<Route> route(Value item, Mapping keys) {
    boolean complete = true;
    for (String key : IDENTITY) {
      if (!keys.values().containsKey(key)) {
        item.fault("the key '" + key + "' of this route is missing");
        complete = false;
      }
    }
    if (!complete) {
      return Optional.empty();
    }
    Optional<String> method = keys.get("method").flatMap(Value::text);
    Optional<String> path = keys.get("path").flatMap(Value::text);
    Optional<String> topic = keys.get("topic").flatMap(Value::text);
    Optional<String> type = keys.get("type").flatMap(Value::text);
    if (method.isEmpty() || path.isEmpty() || topic.isEmpty() || type.isEmpty()) {
      return Optional.empty();
    }
    try {
      Route route = Route.of(method.get(), path.get(), topic.get(), type.get());
      return Optional.of(with(keys, defaults.map(general -> with(general, route)).orElse(route)));
    } catch (IllegalArgumentException impossible) {
      item.fault(String.valueOf(impossible.getMessage()));
      return Optional.empty();
    }
  }

  /** The same with what a map says. */
  private static Route with(Mapping keys, Route route) {
    Route changed = route;
    changed =
        keys.get("timeout")
            .flatMap(v -> v.as(Units::duration))
            .map(changed::timeout)
            .orElse(changed);
    changed = keys.get("reply").flatMap(v -> v.oneOf(REPLIES)).map(changed::reply).orElse(changed);
    changed =
        keys.get("dialect").flatMap(v -> v.oneOf(DIALECTS)).map(changed::dialect).orElse(changed);
    changed =
        keys.get("body-limit")
            .flatMap(v -> v.as(Units::bytes))
            .map(changed::bodyLimit)
            .orElse(changed);
    changed = keys.get("media-types").map(v -> changedTo(v)).map(changed::accepts).orElse(changed);
    changed = keys.get("headers").map(v -> changedTo(v)).map(changed::handsOn).orElse(changed);
    changed = keys.get("cors").flatMap(RouteReader::cors).map(changed::cors).orElse(changed);
    changed =
        keys.get("idempotency-key")
            .flatMap(v -> v.oneOf(KEY_RULES))
            .map(changed::keyRequired)
            .orElse(changed);
    changed =
        keys.get("order-by")
            .flatMap(v -> v.as(OrderKey::parse))
            .map(changed::orderBy)
            .orElse(changed);
    changed =
        keys.get("in-flight-limit")
            .flatMap(v -> v.as(Units::count))
            .map(changed::inFlightLimit)
            .orElse(changed);
    changed =
        keys.get("query")
            .flatMap(v -> v.oneOf(QUERY_RULES))
            .map(changed::queryFillsBody)
            .orElse(changed);
    changed =
        keys.get("without-workers")
            .flatMap(v -> v.oneOf(WITHOUT_WORKERS))
            .map(changed::waitsForWorkers)
            .orElse(changed);
    changed =
        keys.get("gzip-bodies").flatMap(Value::yesOrNo).map(changed::gzipBodies).orElse(changed);
    return keys.get("rate-limit")
        .flatMap(v -> v.as(RateLimit::parse))
        .map(changed::rateLimit)
        .orElse(changed);
  }

  private static Optional<Cors> cors(Value value) {
    if (value.isText()) {
      return value.as(Cors::of);
    }
    Optional<Mapping> keys = value.mapping(CORS_KEYS);
    if (keys.isEmpty()) {
      return Optional.empty();
    }
    Mapping said = keys.orElseThrow();
    Cors general = Cors.of(Cors.ANY);
    try {
      return Optional.of(
          new Cors(
              said.get("origins").map(Value::texts).orElse(Set.of()),
              said.get("headers").map(Value::texts).orElse(general.headers()),
              said.get("exposed").map(Value::texts).orElse(general.exposed()),
              said.get("credentials").flatMap(Value::yesOrNo).orElse(false),
              said.get("max-age").flatMap(v -> v.as(Units::duration)).orElse(general.maxAge())));
    } catch (IllegalArgumentException impossible) {
      value.fault(String.valueOf(impossible.getMessage()));
      return Optional.empty();
    }
  }

  private static String[] changedTo(Value list) {
    return list.texts().toArray(String[]::new);
  }

  private static <T extends Enum<T>> Map<String, T> words(T[] values) {
    Map<String, T> words = new LinkedHashMap<>();
    for (T value : values) {
      words.put(value.name().toLowerCase(Locale.ROOT), value);
    }
    return words;
  }

  private static Set<String> both(Set<String> one, Set<String> other) {
    return GatewayFile.inOrder(Stream.concat(one.stream(), other.stream()).toArray(String[]::new));
  }
}

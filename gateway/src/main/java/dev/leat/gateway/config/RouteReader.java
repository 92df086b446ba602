package dev.leat.gateway.config;

import dev.leat.Dialect;
import dev.leat.gateway.route.Cors;
import dev.leat.gateway.route.OrderKey;
import dev.leat.gateway.route.RateLimit;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads routes, each over the defaults. */
final class RouteReader {
  private static final Set<String> CORS_KEYS =
      GatewayFile.inOrder("origins", "headers", "exposed", "credentials", "max-age");

  private static final Map<String, Boolean> KEY_RULES = Map.of("optional", false, "required", true);
  private static final Map<String, Boolean> QUERY_RULES =
      Map.of("beside-body", false, "fills-body", true);
  private static final Map<String, Boolean> WITHOUT_WORKERS = Map.of("wait", true, "refuse", false);
  private static final Map<String, ReplyMode> REPLIES = words(ReplyMode.values());
  private static final Map<String, Dialect> DIALECTS = words(Dialect.values());

  private static final Pattern PARAMETER = Pattern.compile("\\{(\\w+)}");

  /** Reads the value of a key, and says how it changes a route; empty where that was a fault. */
  private interface Setting extends Function<Value, Optional<UnaryOperator<Route>>> {}

  private static final Map<String, Setting> READERS = readers();

  /** What a route may say, and so may the defaults. */
  static final Set<String> SETTINGS = READERS.keySet();

  private static final Set<String> IDENTITY =
      GatewayFile.inOrder("method", "path", "topic", "type");
  private static final Set<String> KEYS = both(IDENTITY, SETTINGS);

  private final Optional<Mapping> defaults;

  RouteReader(Optional<Mapping> defaults) {
    this.defaults = defaults;
  }

  List<Route> read(Optional<Value> list, ConfigErrors faults) {
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
    Optional<Route> route = identified(item, method.get(), path.get(), topic.get(), type.get());
    Route base = route.orElseGet(() -> standIn(path.get()));
    Route read = with(keys, defaults.map(general -> with(general, base)).orElse(base));
    return route.map(known -> read);
  }

  /**
   * What a route that cannot be is read on with, so that all is told that is wrong with it, and
   * nothing that is not: its parameters are those of the path.
   */
  private static Route standIn(String path) {
    return Route.get(
        PARAMETER
            .matcher(path)
            .results()
            .map(MatchResult::group)
            .distinct()
            .collect(Collectors.joining("/", "/", "")),
        "t",
        "t");
  }

  /** Each part is tried by itself, and then all of them: what one says of another comes last. */
  private static Optional<Route> identified(
      Value item, String method, String path, String topic, String type) {
    List<Supplier<Route>> parts =
        List.of(
            () -> Route.of(method, "/", "t", "t"),
            () -> Route.of("GET", path, "t", "t"),
            () -> Route.of("GET", "/", topic, "t"),
            () -> Route.of("GET", "/", "t", type));
    long right = parts.stream().filter(part -> tried(item, part).isPresent()).count();
    return right == parts.size()
        ? tried(item, () -> Route.of(method, path, topic, type))
        : Optional.empty();
  }

  private static Optional<Route> tried(Value item, Supplier<Route> route) {
    try {
      return Optional.of(route.get());
    } catch (IllegalArgumentException impossible) {
      item.fault(String.valueOf(impossible.getMessage()));
      return Optional.empty();
    }
  }

  /** The same with what a map says. */
  private static Route with(Mapping keys, Route route) {
    Route changed = route;
    for (Map.Entry<String, Setting> setting : READERS.entrySet()) {
      Optional<Value> value = keys.get(setting.getKey());
      Optional<UnaryOperator<Route>> change = value.flatMap(setting.getValue());
      if (change.isPresent()) {
        Route before = changed;
        changed = tried(value.get(), () -> change.get().apply(before)).orElse(before);
      }
    }
    return changed;
  }

  private static Map<String, Setting> readers() {
    Map<String, Setting> all = new LinkedHashMap<>();
    all.put("timeout", setting(v -> v.as(Units::duration), Route::timeout));
    all.put("reply", setting(v -> v.oneOf(REPLIES), Route::reply));
    all.put("dialect", setting(v -> v.oneOf(DIALECTS), Route::dialect));
    all.put("media-types", setting(RouteReader::texts, Route::accepts));
    all.put("body-limit", setting(v -> v.as(Units::bytes), Route::bodyLimit));
    all.put("headers", setting(RouteReader::texts, Route::handsOn));
    all.put("cors", setting(RouteReader::cors, Route::cors));
    all.put("rate-limit", setting(v -> v.as(RateLimit::parse), Route::rateLimit));
    all.put("idempotency-key", setting(v -> v.oneOf(KEY_RULES), Route::keyRequired));
    all.put("order-by", setting(v -> v.as(OrderKey::parse), Route::orderBy));
    all.put("in-flight-limit", setting(v -> v.as(Units::count), Route::inFlightLimit));
    all.put("query", setting(v -> v.oneOf(QUERY_RULES), Route::queryFillsBody));
    all.put("gzip-bodies", setting(Value::yesOrNo, Route::gzipBodies));
    all.put("without-workers", setting(v -> v.oneOf(WITHOUT_WORKERS), Route::waitsForWorkers));
    all.put("backlog-limit", setting(v -> v.as(Units::size), Route::backlogLimit));
    all.put("shared-limit", setting(v -> v.as(Units::count), Route::sharedLimit));
    return Collections.unmodifiableMap(all);
  }

  private static <T> Setting setting(
      Function<Value, Optional<T>> reading, BiFunction<Route, T, Route> change) {
    return value -> reading.apply(value).map(read -> route -> change.apply(route, read));
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

  private static Optional<String[]> texts(Value list) {
    return Optional.of(list.texts().toArray(String[]::new));
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

package dev.leat.gateway.config;

import dev.leat.BadConfiguration;
import dev.leat.broker.Brokers;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.Listener;
import dev.leat.gateway.Tls;
import dev.leat.gateway.http.ClientLimits;
import dev.leat.gateway.route.Route;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads a gateway's YAML file, and says all that is wrong with it, line by line. */
public final class GatewayFile {
  private static final Set<String> KEYS =
      inOrder(
          "broker",
          "listen",
          "management",
          "event-loops",
          "in-flight-limit",
          "buffer-limit",
          "drain",
          "compression",
          "clients",
          "topics",
          "defaults",
          "routes");
  private static final Set<String> CLIENT_KEYS =
      inOrder(
          "first-request",
          "idle",
          "body",
          "response",
          "headers",
          "connections",
          "connections-per-address",
          "cancelled");
  private static final Set<String> LISTENER_KEYS = inOrder("address", "tls", "http2");
  private static final Set<String> TLS_KEYS =
      inOrder("certificate", "key", "client-ca", "protocols", "ciphers");

  private final Path path;
  private final Environment environment;
  private final ConfigErrors faults;
  private final Consumer<String> brokers;

  private GatewayFile(
      Path path, UnaryOperator<@Nullable String> variables, Consumer<String> brokers) {
    this.path = path;
    this.brokers = brokers;
    this.environment = new Environment(variables);
    this.faults = new ConfigErrors(String.valueOf(path.getFileName()));
  }

  /**
   * Reads a file.
   *
   * @param variables the environment's, by name; null for one that is not there
   * @throws BadConfiguration with a sentence for each fault, each on a line of its own with the
   *     number of the line it is about
   */
  public static GatewaySettings read(Path path, UnaryOperator<@Nullable String> variables) {
    return read(path, variables, Brokers::check);
  }

  /** The same with another check of the broker's URL. */
  static GatewaySettings read(
      Path path, UnaryOperator<@Nullable String> variables, Consumer<String> brokers) {
    return new GatewayFile(path, variables, brokers).read();
  }

  private GatewaySettings read() {
    Optional<Node> root = parse();
    if (root.isEmpty()) {
      throw new BadConfiguration(path + " is empty");
    }
    Value all = new Value(root.orElseThrow(), "the file", environment, faults);
    Optional<Mapping> keys = all.mapping(KEYS);
    faults.throwIfAny();
    GatewaySettings settings = settings(keys.orElseThrow());
    faults.throwIfAny();
    return settings;
  }

  private Optional<Node> parse() {
    LoadSettings settings = LoadSettings.builder().setLabel(path.toString()).build();
    try {
      return new Compose(settings).composeString(Files.readString(path));
    } catch (MarkedYamlEngineException malformed) {
      int line = malformed.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
      String problem = String.valueOf(malformed.getProblem());
      faults.add(
          line,
          "this is not YAML: "
              + problem
              + (problem.contains("mapping values")
                  ? "; a value with a colon at its end or before a space stands in quotes"
                  : ""));
      faults.throwIfAny();
      throw malformed;
    } catch (YamlEngineException malformed) {
      throw new BadConfiguration(path + " is not YAML", malformed);
    } catch (IOException unreadable) {
      throw new BadConfiguration(
          path + " cannot be read; is it there, and a text file?", unreadable);
    }
  }

  private GatewaySettings settings(Mapping file) {
    Optional<String> broker =
        file.get("broker").flatMap(new BrokerReader(this::file, brokers)::read);
    if (!file.values().containsKey("broker")) {
      faults.add(1, "the key 'broker' is missing, such as broker: redis://127.0.0.1:6379");
    }
    OptionalInt eventLoops =
        file.get("event-loops")
            .flatMap(value -> value.as(GatewayFile::eventLoops))
            .map(OptionalInt::of)
            .orElse(OptionalInt.empty());
    Optional<Listener> management =
        file.get("management").flatMap(value -> value.as(GatewayFile::address));
    boolean compression = file.get("compression").flatMap(Value::yesOrNo).orElse(false);
    List<Route> routes =
        new RouteReader(file.get("defaults").flatMap(value -> value.mapping(RouteReader.SETTINGS)))
            .read(file.get("routes"), faults);
    List<Listener> listeners = listeners(file);
    refuseSharedAddresses(file, listeners, management);
    return new GatewaySettings(
        broker.orElse(""),
        listeners,
        management,
        eventLoops,
        file.get("in-flight-limit")
            .flatMap(value -> value.as(Units::count))
            .orElse(LeatGateway.DEFAULT_IN_FLIGHT_LIMIT),
        file.get("buffer-limit")
            .flatMap(value -> value.as(GatewayFile::bufferLimit))
            .map(OptionalLong::of)
            .orElse(OptionalLong.empty()),
        file.get("drain")
            .flatMap(value -> value.as(Units::duration))
            .orElse(LeatGateway.DEFAULT_DRAIN),
        compression,
        clients(file),
        file.get("topics").map(RetentionReader::read).orElse(Map.of()),
        routes);
  }

  /** Of two servers on one address each would meet some of the other's requests. */
  private void refuseSharedAddresses(
      Mapping file, List<Listener> listeners, Optional<Listener> management) {
    for (int i = 0; i < listeners.size(); i++) {
      for (Listener before : listeners.subList(0, i)) {
        if (before.meets(listeners.get(i))) {
          file.get("listen")
              .ifPresent(listen -> listen.fault("listen: two are on port " + before.port()));
        }
      }
    }
    management
        .filter(at -> listeners.stream().anyMatch(at::meets))
        .ifPresent(
            at ->
                file.get("management")
                    .ifPresent(
                        value ->
                            value.fault(
                                "management: port %d is one that requests come to; name another"
                                    .formatted(at.port()))));
  }

  private static ClientLimits clients(Mapping file) {
    ClientLimits general = ClientLimits.DEFAULT;
    Optional<Value> clients = file.get("clients");
    Optional<Mapping> keys = clients.flatMap(value -> value.mapping(CLIENT_KEYS));
    if (clients.isEmpty() || keys.isEmpty()) {
      return general;
    }
    Mapping said = keys.get();
    try {
      return new ClientLimits(
          said.get("first-request")
              .flatMap(v -> v.as(Units::duration))
              .orElse(general.firstRequest()),
          said.get("idle").flatMap(v -> v.as(Units::duration)).orElse(general.idle()),
          said.get("body").flatMap(v -> v.as(Units::duration)).orElse(general.body()),
          said.get("response").flatMap(v -> v.as(Units::duration)).orElse(general.response()),
          said.get("headers").flatMap(v -> v.as(Units::bytes)).orElse(general.headerBytes()),
          said.get("connections").flatMap(v -> v.as(Units::count)).orElse(general.connections()),
          said.get("connections-per-address")
              .flatMap(v -> v.as(Units::count))
              .orElse(general.connectionsOfAddress()),
          said.get("cancelled").flatMap(v -> v.as(Units::count)).orElse(general.cancelled()));
    } catch (IllegalArgumentException impossible) {
      clients.get().fault(String.valueOf(impossible.getMessage()));
      return general;
    }
  }

  private List<Listener> listeners(Mapping file) {
    Optional<Value> listen = file.get("listen");
    if (listen.isEmpty()) {
      return List.of(Listener.plain("127.0.0.1", 8080));
    }
    List<Listener> listeners = new ArrayList<>();
    for (Value item : listen.orElseThrow().items()) {
      listener(item).ifPresent(listeners::add);
    }
    return listeners;
  }

  private Optional<Listener> listener(Value item) {
    if (item.isText()) {
      return item.as(GatewayFile::address);
    }
    Optional<Mapping> keys = item.mapping(LISTENER_KEYS);
    if (keys.isEmpty()) {
      return Optional.empty();
    }
    Optional<Value> address = keys.orElseThrow().get("address");
    if (address.isEmpty()) {
      item.fault("the key 'address' is missing, such as address: 0.0.0.0:8443");
      return Optional.empty();
    }
    Optional<Tls> tls = keys.orElseThrow().get("tls").flatMap(this::tls);
    boolean http2 = keys.orElseThrow().get("http2").flatMap(Value::yesOrNo).orElse(tls.isPresent());
    return address
        .orElseThrow()
        .as(GatewayFile::address)
        .map(plain -> new Listener(plain.host(), plain.port(), tls, http2));
  }

  private Optional<Tls> tls(Value value) {
    Optional<Mapping> keys = value.mapping(TLS_KEYS);
    if (keys.isEmpty()) {
      return Optional.empty();
    }
    for (String key : List.of("certificate", "key")) {
      if (!keys.orElseThrow().values().containsKey(key)) {
        value.fault("the key '" + key + "' is missing, which names a PEM file");
      }
    }
    Optional<Path> certificate = keys.orElseThrow().get("certificate").flatMap(this::file);
    Optional<Path> key = keys.orElseThrow().get("key").flatMap(this::file);
    Optional<Path> authority = keys.orElseThrow().get("client-ca").flatMap(this::file);
    Optional<List<String>> protocols =
        keys.orElseThrow().get("protocols").map(v -> List.copyOf(v.texts()));
    Optional<List<String>> ciphers =
        keys.orElseThrow().get("ciphers").map(v -> List.copyOf(v.texts()));
    try {
      return certificate.flatMap(
          pem ->
              key.map(
                  secret ->
                      new Tls(
                          pem,
                          secret,
                          authority,
                          protocols.orElse(Tls.PROTOCOLS),
                          ciphers.orElse(Tls.CIPHERS))));
    } catch (IllegalArgumentException unknown) {
      value.fault(String.valueOf(unknown.getMessage()));
      return Optional.empty();
    }
  }

  /** A file, named from where this one is. */
  private Optional<Path> file(Value value) {
    return value.as(
        name -> {
          Path named = path.toAbsolutePath().resolveSibling(name);
          if (!Files.isReadable(named)) {
            throw new IllegalArgumentException("the file '" + name + "' cannot be read");
          }
          return named;
        });
  }

  private static long bufferLimit(String text) {
    long bytes = Units.size(text);
    if (bytes < LeatGateway.LEAST_BUFFER_LIMIT) {
      throw new IllegalArgumentException(
          "at least %d bytes are needed, were %d".formatted(LeatGateway.LEAST_BUFFER_LIMIT, bytes));
    }
    return bytes;
  }

  private static int eventLoops(String text) {
    int number = number(text);
    if (number < 1) {
      throw new IllegalArgumentException("at least 1 is needed, was " + number);
    }
    return number;
  }

  /**
   * Reads an address such as {@code 127.0.0.1:8080} or {@code [::1]:8080}.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Listener address(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 1) {
      throw new IllegalArgumentException(
          "'" + text + "' is not an address such as 127.0.0.1:8080 or [::1]:8080");
    }
    String host = text.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    return Listener.plain(
        bracketed ? host.substring(1, host.length() - 1) : host, number(text.substring(colon + 1)));
  }

  private static int number(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException("'" + text + "' is not a number", notANumber);
    }
  }

  /** Keys in the order in which they are shown. */
  static Set<String> inOrder(String... keys) {
    return new LinkedHashSet<>(List.of(keys));
  }
}

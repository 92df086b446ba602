package dev.leat.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadConfiguration;
import dev.leat.Dialect;
import dev.leat.Durations;
import dev.leat.Retention;
import dev.leat.Topic;
import dev.leat.broker.BrokerUrl;
import dev.leat.gateway.Listener;
import dev.leat.gateway.Tls;
import dev.leat.gateway.http.ClientLimits;
import dev.leat.gateway.route.Cors;
import dev.leat.gateway.route.OrderKey;
import dev.leat.gateway.route.RateLimit;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GatewayFileTest {
  private final Map<String, String> variables = new HashMap<>();
  @TempDir private Path folder;

  @Test
  void a_short_file_is_enough() {
    GatewaySettings settings =
        read(
            """
            broker: redis://127.0.0.1:6379
            routes:
              - {method: GET, path: "/users/{id}", topic: users, type: user.get}
            """);

    assertThat(settings.broker()).isEqualTo("redis://127.0.0.1:6379");
    assertThat(settings.listeners()).containsExactly(Listener.plain("127.0.0.1", 8080));
    assertThat(settings.eventLoops()).isEmpty();
    assertThat(settings.routes()).containsExactly(Route.get("/users/{id}", "users", "user.get"));
  }

  @Test
  void a_topic_says_how_long_it_keeps_and_what_it_does_not_say_is_as_usual() {
    GatewaySettings settings =
        read(
            """
            broker: redis://127.0.0.1:6379
            topics:
              - {topic: users, keep: 24h, dead-letters-keep-bytes: 1MiB}
              - {topic: shop::orders, keep: 0s, keep-bytes: 5kB}
            routes:
              - {method: GET, path: "/users/{id}", topic: users, type: user.get}
            """);

    Topic users = Topic.of("users");
    assertThat(settings.retentions())
        .isEqualTo(
            Map.of(
                users.incoming(), new Retention(Duration.ofHours(24), 64 << 20),
                users.deadLetters(), new Retention(Durations.FOREVER, 1 << 20),
                Topic.of("shop::orders").incoming(), new Retention(Duration.ZERO, 5_000)));
  }

  @Test
  void a_topic_that_says_twice_how_long_it_keeps_is_refused_by_its_line() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    broker: redis://127.0.0.1:6379
                    topics:
                      - {topic: users, keep: 24h}
                      - {topic: users, keep-bytes: many}
                      - {keep: 1h}
                    routes:
                      - {method: GET, path: "/users/{id}", topic: users, type: user.get}
                    """))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining(":4: topic users is in this list twice")
        .hasMessageContaining(":4: ")
        .hasMessageContaining("many")
        .hasMessageContaining(":5: the key 'topic' is missing");
  }

  @Test
  void everything_that_can_be_said_is_read() throws IOException {
    Files.writeString(folder.resolve("cert.pem"), "");
    Files.writeString(folder.resolve("key.pem"), "");
    GatewaySettings settings =
        read(
            """
            broker: redis://127.0.0.1:6379
            listen:
              - 0.0.0.0:8080
              - address: "[::1]:8443"
                tls: {certificate: cert.pem, key: key.pem}
              - {address: "127.0.0.1:8081", http2: true}
            management: 127.0.0.1:9090
            event-loops: 3
            buffer-limit: 3GiB
            clients: {first-request: 1s, idle: 2s, body: 3s, response: 4s, headers: 4KiB, connections: 9, connections-per-address: 7, cancelled: 5}
            routes:
              - method: post
                path: /orders
                topic: shop::orders
                type: order.place
                timeout: 1500ms
                reply: shared
                dialect: named
                order-by: header.X-Account
                media-types: [application/json, text/plain]
                body-limit: 64KiB
                headers: [User-Agent]
                rate-limit: 100/s
                cors:
                  origins: [https://app.example.com]
                  headers: [X-Mine]
                  credentials: true
                  max-age: 5m
            """);

    assertThat(settings.listeners())
        .containsExactly(
            Listener.plain("0.0.0.0", 8080),
            Listener.secured(
                "::1", 8443, new Tls(folder.resolve("cert.pem"), folder.resolve("key.pem"))),
            Listener.plain("127.0.0.1", 8081).withHttp2());
    assertThat(settings.eventLoops()).hasValue(3);
    assertThat(settings.bufferLimit()).hasValue(3L << 30);
    assertThat(settings.clients())
        .isEqualTo(new ClientLimits(seconds(1), seconds(2), seconds(3), seconds(4), 4096, 9, 7, 5));
    assertThat(settings.management()).contains(Listener.plain("127.0.0.1", 9090));
    assertThat(settings.routes())
        .containsExactly(
            Route.post("/orders", "shop::orders", "order.place")
                .timeout(Duration.ofMillis(1500))
                .reply(ReplyMode.SHARED)
                .dialect(Dialect.NAMED)
                .orderBy(OrderKey.parse("header.x-account"))
                .accepts("application/json", "text/plain")
                .bodyLimit(65_536)
                .handsOn("user-agent")
                .rateLimit(new RateLimit(100, seconds(1)))
                .cors(
                    new Cors(
                        Set.of("https://app.example.com"),
                        Set.of("X-Mine"),
                        Set.of("x-request-id"),
                        true,
                        Duration.ofMinutes(5))));
  }

  @Test
  void defaults_are_said_once_and_a_route_may_differ() {
    List<Route> routes =
        read("""
                broker: "memory:"
                defaults:
                  timeout: 2s
                  headers: [user-agent]
                routes:
                  - {method: GET, path: /a, topic: a, type: a}
                  - {method: GET, path: /b, topic: b, type: b, timeout: 3s, headers: []}
                """)
            .routes();

    assertThat(routes).extracting(Route::timeout).containsExactly(seconds(2), seconds(3));
    assertThat(routes).extracting(Route::headers).containsExactly(List.of("user-agent"), List.of());
  }

  @Test
  void a_type_is_moved_to_workers_of_its_own_by_its_route_alone() {
    variables.put("UPDATES", "users::updates");
    assertThat(
            read("""
                    broker: "memory:"
                    routes:
                      - {method: PUT, path: "/users/{id}", topic: "${UPDATES}", type: user.update}
                    """)
                .routes()
                .getFirst()
                .topic())
        .isEqualTo(new Topic("users", "updates"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a@b", "a/b", "a#b", "a?b=c", "a%40b", "a b", "a:b", "\u00e4&=+"})
  void a_secret_may_have_any_signs(String secret) {
    variables.put("USER", secret);
    variables.put("PASSWORD", secret + "\n");
    String routes = "routes: [{method: GET, path: /x, topic: t, type: x}]\n";

    String filled = read("broker: redis://${USER}:${PASSWORD}@host:1/3\n" + routes).broker();
    String apart =
        read("broker: {url: 'redis://host:1/3', user: '${USER}', password: '${PASSWORD}'}\n"
                + routes)
            .broker();
    assertThat(apart).isEqualTo(filled);
    URI uri = URI.create(filled);
    assertThat(uri.getHost()).isEqualTo("host");
    assertThat(uri.getPath()).isEqualTo("/3");
    String[] info = uri.getRawUserInfo().split(":", -1);
    assertThat(info).hasSize(2);
    for (String part : info) {
      assertThat(URLDecoder.decode(part, StandardCharsets.UTF_8)).isEqualTo(secret);
    }
  }

  @Test
  void a_password_may_stand_in_a_file() throws IOException {
    Files.writeString(folder.resolve("secret"), "p@ss\n");

    assertThat(
            read("""
                    broker: {url: "redis://old:old@host", password-file: secret}
                    routes: [{method: GET, path: /x, topic: t, type: x}]
                    """)
                .broker())
        .isEqualTo("redis://:p%40ss@host");
  }

  @Test
  void a_default_stands_in_for_a_variable_that_is_empty() {
    variables.put("HOST", "");

    assertThat(
            read("""
                    broker: redis://${HOST:-127.0.0.1}
                    routes: [{method: GET, path: /x, topic: t, type: x}]
                    """)
                .broker())
        .isEqualTo("redis://127.0.0.1");
  }

  @Test
  void variables_of_the_environment_stand_in_for_values_and_are_never_shown() {
    variables.put("PASSWORD", "s3cret");
    String file =
        """
        broker: redis://:${PASSWORD}@${HOST:-127.0.0.1}:6379
        routes:
          - {method: GET, path: "/a$${b}c", topic: "%s", type: t}
        """;

    assertThat(faults(file.formatted("t")))
        .contains("leat.yaml:3: path /a${b}c: a parameter is a whole segment, as in /users/{id}");
    assertThat(read(file.formatted("t").replace("$${b}c", "")).broker())
        .isEqualTo("redis://:s3cret@127.0.0.1:6379");
    assertThat(read(file.formatted("t").replace("$${b}c", "")).toString()).doesNotContain("s3cret");
    assertThat(faults(file.formatted("${NOWHERE}").replace("$${b}c", "")))
        .containsExactly(
            "leat.yaml:3: topic: the environment has no variable NOWHERE: set it, or write"
                + " ${NOWHERE:-default}");
  }

  @Test
  void twenty_routes_of_which_three_are_wrong_are_three_sentences_with_their_lines() {
    String routes =
        IntStream.range(0, 20)
            .mapToObj(i -> "  - {method: GET, path: /r%d, topic: t, type: t}".formatted(i))
            .collect(Collectors.joining("\n"))
            .replace("/r4, topic: t", "/r4, topik: t, topic: t")
            .replace("path: /r9,", "path: /r9, timeout: soon,")
            .replace("path: /r17,", "path: /r3,");

    assertThat(faults("broker: 'memory:'\nroutes:\n" + routes))
        .containsExactly(
            "leat.yaml:7: there is no key 'topik' in routes, did you mean 'topic'?",
            "leat.yaml:12: timeout: 'soon' is not a duration such as 500ms, 2s or 1m",
            "leat.yaml:20: the route of line 6 takes the same requests");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          brokr: x                     | 1: there is no key 'brokr' in the file, did you mean 'broker'?
          zzz: x                       | 1: there is no key 'zzz' in the file, known are broker, listen, management, event-loops, in-flight-limit, buffer-limit, drain, compression, clients, topics, defaults, routes
          broker: a                    | 1: broker: 'a' is not a broker's URL: it starts with a scheme, such as memory:
          broker: redis://u:s3cret@h h | 1: broker: 'redis://***@h h' cannot be read as a URL
          broker: {a: b}               | 1: there is no key 'a' in broker, known are url, user, password, password-file
          event-loops: 0               | 1: event-loops: at least 1 is needed, was 0
          event-loops: x               | 1: event-loops: 'x' is not a number
          listen: 8080                 | 1: listen: '8080' is not an address such as 127.0.0.1:8080 or [::1]:8080
          listen: 127.0.0.1:99999      | 1: listen: a port is a number from 0 to 65535, was 99999
          listen: {adress: a:1}        | 1: there is no key 'adress' in listen, did you mean 'address'?
          listen: {address: a:1, tls: {certificate: no.pem, key: no.pem}} | 1: certificate: the file 'no.pem' cannot be read
          listen: {address: a:1, tls: {certificate: ., key: ., ciphers: [ROT13]}} | 1: 'ROT13' is no cipher suite that this Java knows
          listen: {address: a:1, tls: {certificate: ., key: ., protocols: [SSL9]}} | 1: 'SSL9' is no protocol of TLS that this Java knows
          listen: {address: a:1, tls: {key: no.pem}} | 1: the key 'certificate' is missing, which names a PEM file
          defaults: {reply: loud}      | 1: reply: 'loud' is none of private, shared, none
          defaults: {body-limit: 9GiB} | 1: body-limit: '9GiB' is more than a message can hold
          defaults: {body-limit: big}  | 1: body-limit: 'big' is not a size such as 512, 64KiB or 1MiB
          listen: [127.0.0.1:80, "localhost:80"] | 1: listen: two are on port 80
          listen: [127.0.0.1:80, "0.0.0.0:80"] | 1: listen: two are on port 80
          management: 127.0.0.1:8080   | 1: management: port 8080 is one that requests come to; name another
          management: 0.0.0.0:8080     | 1: management: port 8080 is one that requests come to; name another
          buffer-limit: 9            | 1: buffer-limit: at least 65536 bytes are needed, were 9
          clients: {headers: 9}        | 1: a request's headers need at least 256 bytes, were 9
          compression: perhaps         | 1: compression: 'perhaps' is none of
          defaults: {rate-limit: 100}  | 1: rate-limit: '100' is not a rate such as 100/s, 20/m or 9/h
          defaults: {order-by: body.id} | 1: order-by: 'body.id' is none of path.NAME, query.NAME and header.NAME
          defaults: {order-by: path.id} | 1: path /a has no parameter {id} to order requests by
          defaults: {cors: example.com} | 1: cors: 'example.com' is not an origin such as https://app.example.com
          defaults: {cors: {origins: "*", credentials: true}} | 1: CORS with credentials must name its origins
          defaults: {timeout: 0s}      | 1: route GET /a: the timeout must be positive, was PT0S
          broker: [                    | 3: this is not YAML: expected the node content, but found '-'
          routes: []                   | 2: 'routes' stands here twice
          """)
  void a_fault_is_a_sentence_with_its_line(String line, String sentence) {
    String file = line + "\nroutes: [{method: GET, path: /a, topic: a, type: a}]\n";
    if (!line.startsWith("broker") && !line.startsWith("brokr")) {
      file += "broker: 'memory:'\n";
    }
    assertThat(faults(line.endsWith("[") ? "broker: [\n  x: [\n- y\n" : file))
        .anyMatch(fault -> fault.startsWith("leat.yaml:" + sentence));
  }

  @Test
  void all_that_is_wrong_with_a_line_is_told() {
    assertThat(
            faults(
                """
                broker: memory:?
                defaults: {order-by: header.X}
                routes:
                  - {method: "*", path: /a?b=1, topic: "a:b", type: t, timeout: 9h, body-limit: big}
                """
                    .replace("memory:?", "'memory:'")))
        .hasSize(5)
        .allMatch(fault -> fault.startsWith("leat.yaml:4: "))
        .anyMatch(fault -> fault.contains("method"))
        .anyMatch(fault -> fault.contains("path"))
        .anyMatch(fault -> fault.contains("topic"))
        .anyMatch(fault -> fault.contains("timeout"))
        .anyMatch(fault -> fault.contains("body-limit"));
  }

  @Test
  void what_follows_from_a_wrong_path_alone_is_not_told() {
    assertThat(
            faults(
                """
                broker: 'memory:'
                routes:
                  - {method: GET, path: "/a?b/{id}", topic: t, type: t, order-by: path.id}
                """))
        .singleElement()
        .satisfies(fault -> assertThat(fault).startsWith("leat.yaml:3: ").contains("/a?b/{id}"));
  }

  @Test
  void listeners_that_do_not_meet_may_have_one_port() {
    assertThat(
            read("""
                    broker: 'memory:'
                    listen: [127.0.0.1:8080, 127.0.0.2:8080, "127.0.0.1:0", "127.0.0.1:0"]
                    management: 127.0.0.3:8080
                    routes: [{method: GET, path: /a, topic: a, type: a}]
                    """)
                .listeners())
        .hasSize(4);
  }

  @Test
  void what_a_route_needs_is_asked_for_by_name() {
    assertThat(faults("broker: 'memory:'\nroutes:\n  - {path: /x}\n  - y\n"))
        .containsExactly(
            "leat.yaml:3: the key 'method' of this route is missing",
            "leat.yaml:3: the key 'topic' of this route is missing",
            "leat.yaml:3: the key 'type' of this route is missing",
            "leat.yaml:4: routes is a map of method, path, topic, type, timeout, reply, dialect,"
                + " media-types, body-limit, headers, cors, rate-limit, idempotency-key,"
                + " order-by, in-flight-limit, query, gzip-bodies, without-workers, backlog-limit, shared-limit");
  }

  @Test
  void a_file_that_is_not_there_or_empty_is_one_sentence() throws IOException {
    Path nowhere = folder.resolve("nowhere.yaml");
    assertThatThrownBy(() -> GatewayFile.read(nowhere, variables::get))
        .isInstanceOf(BadConfiguration.class)
        .hasMessage(nowhere + " cannot be read; is it there, and a text file?");
    assertThat(faults("# nothing")).containsExactly(folder.resolve("leat.yaml") + " is empty");
  }

  private GatewaySettings read(String text) {
    try {
      Path file = Files.writeString(folder.resolve("leat.yaml"), text);
      return GatewayFile.read(file, variables::get, BrokerUrl::parse);
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  private List<String> faults(String text) {
    try {
      throw new AssertionError("read without a fault: " + read(text).routes());
    } catch (BadConfiguration faulty) {
      return String.valueOf(faulty.getMessage()).lines().toList();
    }
  }

  private static Duration seconds(int count) {
    return Duration.ofSeconds(count);
  }
}

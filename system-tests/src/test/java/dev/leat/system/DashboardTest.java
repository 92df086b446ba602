package dev.leat.system;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.Route;
import dev.leat.redis.RedisServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the dashboard and the alert rules ask for is what there is. */
class DashboardTest {
  private static final Path FILES = Path.of("..", "observability");
  private static final Pattern METRIC = Pattern.compile("\\b(?:leat|jvm|process)_[a-z_]+");
  private static final Pattern LABELS = Pattern.compile("by \\(([^)]*)\\)|\\{([^}]*)\\}");
  private static final Pattern LINE = Pattern.compile("([a-z_]+)(?:\\{(.*)\\})? \\S+");

  /** What Prometheus itself adds. */
  private static final Set<String> OF_THE_TARGET = Set.of("instance", "job");

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final Leat leat = Leat.connect(redis.url());
  private final HttpClient http = HttpClient.newHttpClient();
  private final LeatGateway gateway =
      LeatGateway.on(leat)
          .route(Route.post("/users", "users", "user.put"))
          .manageAt("127.0.0.1", 0)
          .listen("127.0.0.1", 0);

  @AfterEach
  void stop() {
    http.shutdownNow();
    gateway.close();
    leat.close();
    redis.close();
  }

  @Test
  void each_metric_and_label_that_is_asked_for_is_there() throws Exception {
    leat.worker("users").on("user.put", String.class, (name, request) -> name).start();
    assertThat(post("{}")).isEqualTo(200);
    until("all are there", () -> scraped().containsKey("leat_worker_outcomes_total"));
    Map<String, Set<String>> there = scraped();

    List<String> expressions = new ArrayList<>(ofDashboard());
    assertThat(expressions).hasSizeGreaterThan(20);
    List<String> alerts = ofAlerts();
    assertThat(alerts).hasSizeGreaterThan(8);
    expressions.addAll(alerts);
    for (String expression : expressions) {
      Set<String> metrics = all(METRIC, expression);
      assertThat(metrics).as(expression).isNotEmpty();
      assertThat(there.keySet()).as(expression).containsAll(metrics);
      for (String metric : metrics) {
        assertThat(there.get(metric))
            .as(metric + " in " + expression)
            .containsAll(labels(expression, OF_THE_TARGET));
      }
      assertThat(expression.chars().filter(sign -> sign == '(').count())
          .as(expression)
          .isEqualTo(expression.chars().filter(sign -> sign == ')').count());
    }
  }

  @Test
  void no_metric_of_ours_is_left_out_of_the_dashboard() throws Exception {
    leat.worker("users").on("user.put", String.class, (name, request) -> name).start();
    assertThat(post("{}")).isEqualTo(200);
    until("all are there", () -> scraped().containsKey("leat_worker_outcomes_total"));
    Set<String> shown = new HashSet<>();
    ofDashboard().forEach(expression -> shown.addAll(all(METRIC, expression)));
    Set<String> families = new HashSet<>();
    shown.forEach(name -> families.add(name.replaceFirst("_(count|sum|bucket|max)$", "")));
    Set<String> ours = new HashSet<>();
    scraped().keySet().stream()
        .filter(name -> name.startsWith("leat_"))
        .forEach(name -> ours.add(name.replaceFirst("_(count|sum|bucket|max)$", "")));
    ours.remove("leat_gateway_connections");
    assertThat(families).containsAll(ours);
  }

  private static List<String> ofDashboard() throws IOException {
    JsonNode dashboard =
        JsonMapper.shared().readTree(Files.readString(FILES.resolve("grafana-dashboard.json")));
    List<String> expressions = new ArrayList<>();
    for (JsonNode panel : dashboard.path("panels")) {
      for (JsonNode target : panel.path("targets")) {
        expressions.add(target.path("expr").asString());
      }
    }
    return expressions;
  }

  private static List<String> ofAlerts() throws IOException {
    Object rules =
        new Load(LoadSettings.builder().build())
            .loadFromString(Files.readString(FILES.resolve("prometheus-alerts.yaml")));
    return maps(rules, "groups")
        .flatMap(group -> maps(group, "rules"))
        .map(
            rule -> {
              assertThat(rule).containsKeys("alert", "expr", "labels", "annotations");
              return String.valueOf(rule.get("expr"));
            })
        .toList();
  }

  @SuppressWarnings("unchecked")
  private static Stream<Map<String, Object>> maps(Object of, String name) {
    return ((List<Map<String, Object>>) ((Map<String, Object>) of).get(name)).stream();
  }

  private static Set<String> labels(String expression, Set<String> known) {
    Set<String> labels = new HashSet<>();
    Matcher matcher = LABELS.matcher(expression);
    while (matcher.find()) {
      String by = matcher.group(1);
      for (String part : (by == null ? matcher.group(2) : by).split(",", -1)) {
        labels.add(part.replaceFirst("[=!].*", "").strip());
      }
    }
    labels.removeAll(known);
    return labels;
  }

  private static Set<String> all(Pattern pattern, String text) {
    Set<String> found = new HashSet<>();
    pattern.matcher(text).results().forEach(match -> found.add(match.group()));
    return found;
  }

  /** Labels by the name of a metric. */
  private Map<String, Set<String>> scraped() {
    Map<String, Set<String>> there = new HashMap<>();
    try {
      String text =
          http.send(
                  HttpRequest.newBuilder(
                          URI.create("http://127.0.0.1:" + gateway.managementPort() + "/metrics"))
                      .build(),
                  BodyHandlers.ofString())
              .body();
      for (String line : text.lines().toList()) {
        Matcher matcher = LINE.matcher(line);
        if (!line.startsWith("#") && matcher.matches()) {
          Set<String> labels =
              there.computeIfAbsent(matcher.group(1), first -> new HashSet<>(OF_THE_TARGET));
          if (matcher.group(2) != null) {
            Pattern.compile("([a-z_]+)=\"")
                .matcher(matcher.group(2))
                .results()
                .forEach(label -> labels.add(label.group(1)));
          }
        }
      }
      return there;
    } catch (IOException | InterruptedException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private int post(String json) throws IOException, InterruptedException {
    return http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + "/users"))
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(json))
                .build(),
            BodyHandlers.ofString())
        .statusCode();
  }
}

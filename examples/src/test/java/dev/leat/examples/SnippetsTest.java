package dev.leat.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.config.GatewayFile;
import dev.leat.gateway.route.Route;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java that README and docs show is the Java that is compiled and run here. */
class SnippetsTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern SNIPPET =
      Pattern.compile("// snippet [a-z-]+\\n(.*?)\\n *// end", Pattern.DOTALL);
  private static final Pattern YAML_BLOCK = Pattern.compile("```yaml\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern JAVA_BLOCK = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);

  @Test
  void every_java_block_of_the_documents_stands_in_an_example() throws IOException {
    List<String> examples = matches(SNIPPET, files("examples/src/main/java", ".java"));
    List<String> blocks = matches(JAVA_BLOCK, documents());

    assertThat(blocks).isNotEmpty();
    assertThat(blocks)
        .allSatisfy(
            block ->
                assertThat(examples)
                    .as("an example that has this block:%n%s", block)
                    .anyMatch(example -> lines(example).equals(lines(block))));
  }

  @Test
  void every_test_that_a_promise_names_is_there() throws IOException {
    String reliability = read(ROOT.resolve("docs/RELIABILITY.md"));
    List<String> named =
        Pattern.compile("`([a-z]+(?:_[a-z0-9]+){3,}|[A-Z][A-Za-z]+Test)`")
            .matcher(reliability)
            .results()
            .map(found -> found.group(1))
            .toList();
    String sources;
    try (Stream<Path> all = Files.walk(ROOT)) {
      sources =
          all.filter(path -> path.toString().endsWith(".java"))
              .filter(path -> !path.toString().contains("target"))
              .map(SnippetsTest::read)
              .reduce("", String::concat);
    }

    assertThat(named).hasSizeGreaterThan(40);
    assertThat(named)
        .allMatch(
            name ->
                sources.contains("void " + name + "(") || sources.contains("class " + name + " "));
  }

  @Test
  void the_worker_and_its_caller_work() {
    assertThat(WorkerAndCaller.run()).isEqualTo(new WorkerAndCaller.User("7", "ada"));
  }

  @Test
  void an_account_is_booked_in_order() {
    assertThat(Accounts.run()).isEqualTo(300);
  }

  @Test
  void a_payment_is_taken_once() {
    assertThat(Payments.run())
        .containsExactly(
            "first {\"id\":\"7\",\"cents\":1200}", "true {\"id\":\"7\",\"cents\":1200}");
  }

  @Test
  void the_gateway_works() throws Exception {
    try (Leat leat = Leat.connect("memory:");
        LeatGateway gateway = Edge.start(leat, 0);
        HttpClient http = HttpClient.newHttpClient()) {
      URI users = URI.create("http://127.0.0.1:" + gateway.port() + "/users/");
      HttpRequest get = HttpRequest.newBuilder(users.resolve("7")).build();
      HttpRequest none = HttpRequest.newBuilder(users.resolve("8")).build();
      HttpRequest visit =
          HttpRequest.newBuilder(users.resolve("7/visits"))
              .header("content-type", "application/json")
              .POST(BodyPublishers.ofString("{\"id\":\"7\"}"))
              .build();

      assertThat(http.send(get, BodyHandlers.ofString()).body())
          .isEqualTo("{\"id\":\"7\",\"name\":\"ada\"}");
      assertThat(http.send(none, BodyHandlers.ofString()).statusCode()).isEqualTo(404);
      assertThat(http.send(visit, BodyHandlers.ofString()).statusCode()).isEqualTo(202);
    }
  }

  @Test
  void a_gateway_that_is_mounted_works() throws Exception {
    try (Leat leat = Leat.connect("memory:");
        LeatGateway gateway = LeatGateway.on(leat).route(Route.post("/x", "t", "x"));
        HttpClient http = HttpClient.newHttpClient()) {
      leat.worker("t").on("x", String.class, (text, request) -> text).start();
      Vertx vertx = Vertx.vertx();
      Shop shop = new Shop(gateway, vertx);
      vertx.deployVerticle(shop).await();
      URI base = URI.create("http://127.0.0.1:" + shop.port());
      HttpRequest own = HttpRequest.newBuilder(base.resolve("/own")).build();
      HttpRequest routed =
          HttpRequest.newBuilder(base.resolve("/x")).POST(BodyPublishers.ofString("hello")).build();

      assertThat(http.send(own, BodyHandlers.ofString()).body()).isEqualTo("the shop's own");
      assertThat(http.send(routed, BodyHandlers.ofString()).body()).isEqualTo("hello");
      vertx.close().await();
    }
  }

  @Test
  void a_report_is_read_row_by_row() {
    assertThat(Reports.run()).hasSize(1_000).endsWith(new Reports.Row(999, "row 999"));
  }

  @Test
  void the_gateways_file_in_the_documents_is_right(@TempDir Path folder) throws IOException {
    Files.createDirectories(folder.resolve("tls"));
    Files.writeString(folder.resolve("tls/cert.pem"), "");
    Files.writeString(folder.resolve("tls/key.pem"), "");
    List<String> files = matches(YAML_BLOCK, documents());
    assertThat(files).isNotEmpty();
    for (String text : files) {
      Path file = Files.writeString(folder.resolve("leat.yaml"), text);

      assertThat(GatewayFile.read(file, Map.of("REDIS_PASSWORD", "x")::get).routes()).isNotEmpty();
    }
  }

  private static List<Path> documents() throws IOException {
    return Stream.concat(Stream.of(ROOT.resolve("README.md")), files("docs", ".md").stream())
        .toList();
  }

  private static List<Path> files(String folder, String end) throws IOException {
    try (Stream<Path> all = Files.walk(ROOT.resolve(folder))) {
      return all.filter(path -> path.toString().endsWith(end)).toList();
    }
  }

  private static List<String> matches(Pattern pattern, List<Path> files) {
    return files.stream()
        .flatMap(file -> pattern.matcher(read(file)).results().map(found -> found.group(1)))
        .toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException unreadable) {
      throw new IllegalStateException(file.toString(), unreadable);
    }
  }

  /** Without indentation, and without the braces that only close what an example goes on with. */
  private static String lines(String code) {
    String stripped = code.lines().map(String::strip).reduce("", (all, line) -> all + "\n" + line);
    Matcher closing = Pattern.compile("[\\s}]*$").matcher(stripped);
    return closing.replaceFirst("");
  }
}

package dev.leat.kafka;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BrokerUnavailable;
import dev.leat.Leat;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.trail.DeadLetters;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS, passwords and least rights, on a real server that asks for all of them. */
class KafkaSecurityTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final String PASSWORD = "s3cret!";
  private static final String OAUTH =
      "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule";

  /** Which addresses tokens and keys may come from; Kafka's clients ask no other. */
  private static final String ALLOWED = "org.apache.kafka.sasl.oauthbearer.allowed.urls";

  /** What somebody may do who has no more than the document lists. */
  private static final Map<ResourceType, List<AclOperation>> LEAST =
      Map.of(
          ResourceType.TOPIC,
          List.of(
              AclOperation.READ,
              AclOperation.WRITE,
              AclOperation.CREATE,
              AclOperation.DESCRIBE,
              AclOperation.DELETE),
          ResourceType.GROUP,
          List.of(AclOperation.READ, AclOperation.DESCRIBE),
          ResourceType.TRANSACTIONAL_ID,
          List.of(AclOperation.WRITE, AclOperation.DESCRIBE));

  @TempDir private static Path folder;
  private static KafkaServerProcess server;
  private static TokenIssuer issuer;
  private static int port;

  @BeforeAll
  static void start() throws Exception {
    port = KafkaServerProcess.freePort();
    issuer = new TokenIssuer(PASSWORD);
    Path keys = folder.resolve("server.p12");
    keytool(
        "-genkeypair",
        "-alias",
        "kafka",
        "-keyalg",
        "EC",
        "-dname",
        "CN=localhost",
        "-ext",
        "san=ip:127.0.0.1",
        "-keystore",
        keys.toString());
    Path certificate = folder.resolve("server.pem");
    keytool(
        "-exportcert",
        "-rfc",
        "-alias",
        "kafka",
        "-file",
        certificate.toString(),
        "-keystore",
        keys.toString());
    keytool(
        "-importcert",
        "-noprompt",
        "-alias",
        "kafka",
        "-file",
        certificate.toString(),
        "-keystore",
        trusted().toString());
    Map<String, String> settings = new HashMap<>();
    settings.put("leat.test.more.listeners", "SECURE://127.0.0.1:" + port);
    settings.put(
        "listener.security.protocol.map",
        "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL");
    settings.put("ssl.keystore.location", keys.toString());
    settings.put("ssl.keystore.password", PASSWORD);
    settings.put("ssl.keystore.type", "PKCS12");
    settings.put("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256,OAUTHBEARER");
    settings.put(
        "listener.name.secure.plain.sasl.jaas.config",
        "org.apache.kafka.common.security.plain.PlainLoginModule required user_leat=\"%s\" user_weak=\"%s\";"
            .formatted(PASSWORD, PASSWORD));
    settings.put(
        "listener.name.secure.scram-sha-256.sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required;");
    settings.put("listener.name.secure.oauthbearer.sasl.jaas.config", OAUTH + " required;");
    settings.put(
        "listener.name.secure.oauthbearer.sasl.server.callback.handler.class",
        "org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler");
    settings.put("sasl.oauthbearer.jwks.endpoint.url", issuer.publishedKeys());
    settings.put("sasl.oauthbearer.expected.issuer", issuer.url());
    settings.put("sasl.oauthbearer.expected.audience", TokenIssuer.AUDIENCE);
    settings.put(ALLOWED, issuer.publishedKeys());
    System.setProperty(ALLOWED, issuer.tokens());
    settings.put(
        "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    settings.put("super.users", "User:ANONYMOUS");
    server = KafkaServerProcess.start(settings);
    try (Admin admin = server.admin()) {
      admin
          .alterUserScramCredentials(
              List.of(
                  new UserScramCredentialUpsertion(
                      "leat",
                      new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096),
                      PASSWORD)))
          .all()
          .get();
      List<AclBinding> rights = new ArrayList<>();
      LEAST.forEach(
          (type, operations) ->
              operations.forEach(
                  operation ->
                      rights.add(
                          new AclBinding(
                              new ResourcePattern(type, "*", PatternType.LITERAL),
                              new AccessControlEntry(
                                  "User:leat", "*", operation, AclPermissionType.ALLOW)))));
      admin.createAcls(rights).all().get();
    }
  }

  @AfterAll
  static void stop() {
    server.close();
    issuer.close();
    System.clearProperty(ALLOWED);
  }

  private static Path trusted() {
    return folder.resolve("trusted.p12");
  }

  private static void keytool(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(List.of("-storepass", PASSWORD, "-storetype", "PKCS12"));
    Process made = new ProcessBuilder(command).inheritIO().start();
    assertThat(made.onExit().join().exitValue()).isZero();
  }

  private static Map<String, String> client(String mechanism, String user, String password) {
    String module = mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
    Map<String, String> all = new HashMap<>();
    all.put("security.protocol", "SASL_SSL");
    all.put("sasl.mechanism", mechanism);
    all.put(
        "sasl.jaas.config",
        "org.apache.kafka.common.security.%s required username=\"%s\" password=\"%s\";"
            .formatted(module, user, password));
    all.put("ssl.truststore.location", trusted().toString());
    all.put("ssl.truststore.password", PASSWORD);
    all.put("ssl.truststore.type", "PKCS12");
    return all;
  }

  private static String url(Map<String, String> client) {
    StringBuilder url = new StringBuilder("kafka://127.0.0.1:" + port + "?partitions=2");
    client.forEach(
        (name, value) ->
            url.append("&kafka.")
                .append(name)
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
    return url.toString();
  }

  @Test
  void over_tls_with_a_password_and_least_rights_all_is_done_that_kafka_can() {
    AtomicBoolean mended = new AtomicBoolean();
    try (Leat leat = Leat.connect(url(client("PLAIN", "leat", PASSWORD)))) {
      leat.worker("secured")
          .on(
              "echo",
              String.class,
              (text, request) -> {
                if (text.equals("broken") && !mended.get()) {
                  throw new IllegalStateException("not yet");
                }
                return text;
              })
          .start();
      assertThat(leat.caller().call("secured", "echo", "x", String.class, LONG)).isEqualTo("x");
      String unused = leat.caller().send("secured", "echo", "broken");
      DeadLetters letters = new DeadLetters(leat.broker(), Topic.of("secured"));
      until("it is given up", () -> result(letters.range(Position.START, 10)).size() == 1);
      mended.set(true);
      assertThat(result(letters.redrive(result(letters.range(Position.START, 10)).getFirst())))
          .isTrue();
      until("it is sent back", () -> result(letters.range(Position.START, 10)).isEmpty());
      assertThat(result(leat.broker().topics())).contains(Topic.of("secured"));
      assertThat(result(leat.broker().health(Topic.of("secured").incoming())).groups()).hasSize(1);
      until(
          "what is completed can be removed",
          () -> result(leat.broker().trim(Topic.of("secured").incoming(), 0)) > 0);
    }
  }

  @Test
  void a_file_has_the_properties_and_scram_the_password() throws IOException {
    Path file = folder.resolve("client.properties");
    StringBuilder lines = new StringBuilder();
    client("SCRAM-SHA-256", "leat", PASSWORD)
        .forEach((name, value) -> lines.append(name).append('=').append(value).append('\n'));
    Files.writeString(file, lines);
    try (Leat leat =
        Leat.connect("kafka://127.0.0.1:%d?partitions=2&config=%s".formatted(port, file))) {
      leat.worker("scrammed").on("echo", String.class, (text, request) -> text).start();
      assertThat(leat.caller().call("scrammed", "echo", "x", String.class, LONG)).isEqualTo("x");
    }
  }

  @Test
  void a_token_that_an_issuer_has_signed_lets_in_who_it_is_for() {
    try (Leat leat = Leat.connect(url(tokens("leat", PASSWORD)))) {
      leat.worker("tokened").on("echo", String.class, (text, request) -> text).start();
      assertThat(leat.caller().call("tokened", "echo", "x", String.class, LONG)).isEqualTo("x");
    }
    assertThat(issuer.issued()).isPositive();
    assertThatThrownBy(() -> Leat.connect(url(tokens("weak", PASSWORD))))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessageContaining("leat-replies")
        .hasMessageNotContaining(PASSWORD);
  }

  @Test
  void who_is_issued_no_token_is_told_so_in_one_sentence() {
    assertThatThrownBy(() -> Leat.connect(url(tokens("leat", "wr0ng"))))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessageNotContaining("wr0ng");
  }

  private static Map<String, String> tokens(String user, String secret) {
    Map<String, String> client = client("OAUTHBEARER", "", "");
    client.put(
        "sasl.jaas.config",
        "%s required clientId=\"%s\" clientSecret=\"%s\";".formatted(OAUTH, user, secret));
    client.put("sasl.oauthbearer.token.endpoint.url", issuer.tokens());
    client.put(
        "sasl.login.callback.handler.class",
        "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler");
    return client;
  }

  @Test
  void a_wrong_password_is_one_sentence_without_it() {
    assertThatThrownBy(() -> Leat.connect(url(client("PLAIN", "leat", "wr0ng"))))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessageContaining("Kafka does not let us in")
        .hasMessageNotContaining("wr0ng");
  }

  @Test
  void a_certificate_that_is_not_trusted_is_one_sentence() {
    Map<String, String> client = client("PLAIN", "leat", PASSWORD);
    client.keySet().removeIf(name -> name.startsWith("ssl.truststore"));
    assertThatThrownBy(() -> Leat.connect(url(client)))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessageContaining("SSL handshake failed")
        .hasMessageNotContaining(PASSWORD);
  }

  @Test
  void who_has_no_rights_is_told_what_is_not_allowed() {
    assertThatThrownBy(() -> Leat.connect(url(client("PLAIN", "weak", PASSWORD))))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessageContaining("leat-replies")
        .hasMessageNotContaining(PASSWORD);
  }

  @Test
  void a_file_that_is_not_there_is_one_sentence() {
    assertThatThrownBy(() -> Leat.connect("kafka://127.0.0.1:1?config=/no/such"))
        .hasMessage(
            "kafka://127.0.0.1:1?config=***: its config, a file of properties of Kafka's clients, cannot be read");
  }
}

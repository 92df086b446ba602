package dev.leat.kafka;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.InstantSource;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Issues signed tokens by OAuth 2.0 (RFC 6749, client credentials) to whoever knows a secret, for
 * as long as a minute, and shows the key that they are signed with (RFC 7517).
 */
final class TokenIssuer implements AutoCloseable {
  static final String AUDIENCE = "kafka";
  private static final String KEY = "key-1";
  private static final int SECONDS = 60;

  private final String secret;
  private final KeyPair keys;
  private final HttpServer server;
  private final AtomicInteger issued = new AtomicInteger();

  /** Who knows the secret is issued a token for whomever it says it is. */
  TokenIssuer(String secret) {
    this.secret = secret;
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      this.keys = generator.generateKeyPair();
      this.server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (GeneralSecurityException | IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    server.createContext("/token", this::issue);
    server.createContext("/keys", exchange -> answer(exchange, 200, published()));
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  String tokens() {
    return url() + "/token";
  }

  String publishedKeys() {
    return url() + "/keys";
  }

  /** How many tokens were issued. */
  int issued() {
    return issued.get();
  }

  private void issue(HttpExchange exchange) throws IOException {
    String given = exchange.getRequestHeaders().getFirst("Authorization");
    String[] who =
        new String(
                Base64.getDecoder().decode(given.substring("Basic ".length())),
                StandardCharsets.UTF_8)
            .split(":", 2);
    if (!who[1].equals(secret)) {
      answer(exchange, 401, "{\"error\":\"invalid_client\"}");
      return;
    }
    issued.incrementAndGet();
    answer(
        exchange,
        200,
        "{\"access_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":%d}"
            .formatted(token(who[0]), SECONDS));
  }

  private String token(String subject) {
    long now = InstantSource.system().instant().getEpochSecond();
    String signed =
        base64("{\"alg\":\"RS256\",\"kid\":\"%s\"}".formatted(KEY))
            + '.'
            + base64(
                "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"%s\",\"iat\":%d,\"exp\":%d}"
                    .formatted(url(), AUDIENCE, subject, now, now + SECONDS));
    try {
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(keys.getPrivate());
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + '.' + base64(signature.sign());
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private String published() {
    RSAPublicKey key = (RSAPublicKey) keys.getPublic();
    return "{\"keys\":[{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"%s\",\"n\":\"%s\",\"e\":\"%s\"}]}"
        .formatted(
            KEY, base64(unsigned(key.getModulus())), base64(unsigned(key.getPublicExponent())));
  }

  private static byte[] unsigned(BigInteger number) {
    byte[] all = number.toByteArray();
    return all[0] == 0 ? java.util.Arrays.copyOfRange(all, 1, all.length) : all;
  }

  private static String base64(String text) {
    return base64(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static void answer(HttpExchange exchange, int status, String json) {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    } catch (IOException gone) {
      throw new UncheckedIOException(gone);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

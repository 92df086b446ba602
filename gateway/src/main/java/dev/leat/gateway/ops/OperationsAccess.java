package dev.leat.gateway.ops;

import dev.leat.wire.Redaction;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask the operations API, and what nobody is shown.
 *
 * @param token with which it is asked from anywhere; without it only programs of the same machine
 *     may read
 * @param hidden what of payloads nobody is to see
 */
public record OperationsAccess(Optional<String> token, Redaction hidden) {
  private static final String BEARER = "Bearer ";

  /** What proxies add. */
  private static final List<String> HANDED_ON = List.of("forwarded", "via", "x-real-ip");

  /** Only the same machine may read, and all of it. */
  public static final OperationsAccess LOCAL =
      new OperationsAccess(Optional.empty(), Redaction.NONE);

  /** Refuses what would be guessed, or could not be sent in a header. */
  public OperationsAccess {
    // Of a secret that was made from a file its last line may have an end.
    token = token.map(String::strip);
    if (token.filter(value -> !value.matches("[!-~]{16,}")).isPresent()) {
      throw new IllegalArgumentException(
          "a token of management has 16 signs at least, visible ones of ASCII, as openssl rand -hex 16 makes them");
    }
  }

  /** Whether somebody may read, or change something. */
  boolean lets(HttpServerRequest request, boolean reads) {
    return isBy(request.getHeader(HttpHeaders.AUTHORIZATION)) || (reads && isLocal(request));
  }

  /** What those are told who may not. */
  String refusal() {
    return token.isPresent()
        ? "it takes the token of LEAT_MANAGEMENT_TOKEN, as a Bearer"
        : "only this machine may read; LEAT_MANAGEMENT_TOKEN sets a token for all else";
  }

  /**
   * Whether a program of this machine asks for itself: not a proxy for somebody else, nor a page of
   * another site in a browser.
   */
  private static boolean isLocal(HttpServerRequest request) {
    SocketAddress from = request.remoteAddress();
    HostAndPort asked = request.authority();
    return from != null
        && asked != null
        && request.headers().getAll(HttpHeaders.HOST).size() <= 1
        && HANDED_ON.stream().noneMatch(request.headers()::contains)
        && request.headers().entries().stream().noneMatch(OperationsAccess::isOfAnotherSite)
        && isLocal(from.hostAddress(), asked.host());
  }

  private static boolean isOfAnotherSite(Map.Entry<String, String> header) {
    return switch (header.getKey().toLowerCase(Locale.ROOT)) {
      case "sec-fetch-site" ->
          !header.getValue().equals("same-origin") && !header.getValue().equals("none");
      case "origin" -> true;
      default -> header.getKey().regionMatches(true, 0, "x-forwarded-", 0, 12);
    };
  }

  /**
   * Whether a header of authorization has the token; takes as long whether or not it is nearly
   * right.
   */
  boolean isBy(@Nullable String authorization) {
    return token.isPresent()
        && authorization != null
        && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
        && MessageDigest.isEqual(
            bytes(authorization.substring(BEARER.length()).strip()), bytes(token.get()));
  }

  /**
   * Whether somebody on this machine asks, by its own name: a page in a browser may have had
   * another name point here.
   */
  static boolean isLocal(@Nullable String address, @Nullable String host) {
    return address != null && host != null && isLoopback(address) && isOwnName(host);
  }

  private static boolean isLoopback(String address) {
    return address.startsWith("127.")
        || address.equals("::1")
        || address.equals("0:0:0:0:0:0:0:1")
        || address.startsWith("::ffff:127.");
  }

  private static boolean isOwnName(String host) {
    String plain =
        host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    return plain.equalsIgnoreCase("localhost")
        || plain.matches("127(\\.[0-9]{1,3}){3}")
        || plain.equals("::1");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Says whether there is a token, and not which. */
  @Override
  public String toString() {
    return token.isPresent() ? "by token" : "from this machine";
  }
}

package dev.leat.gateway.ops;

import dev.leat.wire.Redaction;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
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

  /** Only the same machine may read, and all of it. */
  public static final OperationsAccess LOCAL =
      new OperationsAccess(Optional.empty(), Redaction.NONE);

  /** Refuses what would be guessed. */
  public OperationsAccess {
    if (token.filter(value -> value.length() < 16).isPresent()) {
      throw new IllegalArgumentException(
          "a token of management has 16 signs at least, as openssl rand -hex 16 makes them");
    }
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

package dev.leat.redis;

import dev.leat.BadConfiguration;
import dev.leat.broker.BrokerUrl;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which server, and as whom.
 *
 * @param shown how it is named in errors and logs, without its password
 * @param user of the access control list; the default user where empty
 * @param password none where empty
 * @param tls where it is spoken to over TLS
 * @param evictionAllowed whether it may be one that throws away keys when it is full
 * @param answers bytes that the answers may take which idempotent handlers of one group are
 *     remembered by; 0 where that goes by the server's memory
 * @param kept how long what is done with is kept
 */
record Server(
    String shown,
    String host,
    int port,
    Optional<String> user,
    Optional<String> password,
    int database,
    Optional<ServerTls> tls,
    boolean evictionAllowed,
    long answers,
    Kept kept) {
  private static final int DEFAULT_PORT = 6379;
  private static final int LARGEST_PORT = 65_535;
  private static final String EVICTION = "eviction";
  private static final String ANSWERS = "answers";

  /** Some million and a half small ones; and no more than a quarter of the memory there is. */
  private static final long MOST_ANSWERS = 1L << 30;

  private static final int SHARE_OF_ANSWERS = 4;

  /** What a double tells apart, and less than any time in milliseconds. */
  private static final long LARGEST_ANSWERS = 1_000_000_000_000L;

  static Server of(BrokerUrl url) {
    boolean tls = url.scheme().equals("rediss");
    Set<String> options = new TreeSet<>(Set.of(EVICTION, ANSWERS));
    options.addAll(Kept.OPTIONS);
    if (tls) {
      options.addAll(ServerTls.OPTIONS);
    }
    url.refuseOptionsBut(options);
    URI uri = url.uri();
    refuseUnlessServer(url, uri);
    String[] parts = userInfo(uri.getRawUserInfo());
    return new Server(
        url.toString(),
        uri.getHost(),
        uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(),
        nonEmpty(parts[0]),
        nonEmpty(parts[1]),
        database(url, uri.getPath()),
        tls ? Optional.of(ServerTls.of(url)) : Optional.empty(),
        isEvictionAllowed(url),
        url.number(ANSWERS, 0, 1, LARGEST_ANSWERS),
        Kept.of(url));
  }

  private static void refuseUnlessServer(BrokerUrl url, URI uri) {
    String authority = uri.getRawAuthority() == null ? "" : uri.getRawAuthority();
    String server = authority.substring(authority.lastIndexOf('@') + 1);
    String port = server.substring(Math.max(server.lastIndexOf(':'), server.lastIndexOf(']')) + 1);
    boolean named =
        server.length() > port.length()
            && server.charAt(server.length() - port.length() - 1) == ':';
    if (named && !port.isEmpty() && !isPort(port)) {
      throw new BadConfiguration(
          "%s: '%s' is no port, which is a number from 1 to 65535".formatted(url, port));
    }
    if (uri.getHost() == null) {
      throw new BadConfiguration(
          url + ": a host is missing, as in " + url.scheme() + "://127.0.0.1:6379");
    }
  }

  private static boolean isPort(String text) {
    try {
      int port = Integer.parseInt(text);
      return port >= 1 && port <= LARGEST_PORT;
    } catch (NumberFormatException notANumber) {
      return false;
    }
  }

  /** Without the password. */
  @Override
  public String toString() {
    return shown;
  }

  private static String[] userInfo(@Nullable String info) {
    if (info == null) {
      return new String[] {"", ""};
    }
    int colon = info.indexOf(':');
    return colon < 0
        ? new String[] {"", decoded(info)}
        : new String[] {decoded(info.substring(0, colon)), decoded(info.substring(colon + 1))};
  }

  /** Percent-encoded alone: a plus is one. */
  private static String decoded(String part) {
    return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static boolean isEvictionAllowed(BrokerUrl url) {
    String said = url.options().getOrDefault(EVICTION, "");
    if (!said.isEmpty() && !said.equals("allowed")) {
      throw new BadConfiguration("%s: eviction can only be 'allowed'".formatted(url));
    }
    return !said.isEmpty();
  }

  /** The same once it is known how much memory the server may use; 0 is without a limit. */
  Server withMemory(long most) {
    long usual = most == 0 ? MOST_ANSWERS : Math.min(MOST_ANSWERS, most / SHARE_OF_ANSWERS);
    return new Server(
        shown,
        host,
        port,
        user,
        password,
        database,
        tls,
        evictionAllowed,
        answers == 0 ? usual : answers,
        kept);
  }

  private static Optional<String> nonEmpty(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  private static int database(BrokerUrl url, @Nullable String path) {
    if (path == null || path.isEmpty() || path.equals("/")) {
      return 0;
    }
    try {
      return Integer.parseUnsignedInt(path.substring(1));
    } catch (NumberFormatException notANumber) {
      throw new BadConfiguration(url + ": the path is the number of a database, as in /0");
    }
  }
}

package dev.leat.redis;

import dev.leat.BadConfiguration;
import dev.leat.broker.BrokerUrl;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which server, and as whom.
 *
 * @param shown how it is named in errors and logs, without its password
 * @param user of the access control list; the default user where empty
 * @param password none where empty
 * @param authority file of the certificate that the server's is signed by; where empty, the ones
 *     that Java trusts
 */
record Server(
    String shown,
    String host,
    int port,
    boolean tls,
    Optional<String> user,
    Optional<String> password,
    int database,
    Optional<String> authority) {
  private static final int DEFAULT_PORT = 6379;
  private static final String AUTHORITY = "ca";

  static Server of(BrokerUrl url) {
    boolean tls = url.scheme().equals("rediss");
    url.refuseOptionsBut(tls ? Set.of(AUTHORITY) : Set.of());
    URI uri = url.uri();
    if (uri.getHost() == null) {
      throw new BadConfiguration(
          url + ": a host is missing, as in " + url.scheme() + "://127.0.0.1:6379");
    }
    String[] parts = userInfo(uri.getUserInfo());
    return new Server(
        url.toString(),
        uri.getHost(),
        uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(),
        tls,
        nonEmpty(parts[0]),
        nonEmpty(parts[1]),
        database(url, uri.getPath()),
        authority(url));
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
        ? new String[] {"", info}
        : new String[] {info.substring(0, colon), info.substring(colon + 1)};
  }

  private static Optional<String> authority(BrokerUrl url) {
    Optional<String> file = Optional.ofNullable(url.options().get(AUTHORITY));
    file.ifPresent(
        name -> {
          if (!Files.isReadable(Path.of(name))) {
            throw new BadConfiguration(
                "%s: the certificate file '%s' cannot be read".formatted(url, name));
          }
        });
    return file;
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

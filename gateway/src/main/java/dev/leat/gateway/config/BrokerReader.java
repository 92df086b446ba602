package dev.leat.gateway.config;

import dev.leat.BadConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/** Reads which broker a file names: a URL, or a map of one with its user and password. */
final class BrokerReader {
  private static final Set<String> KEYS =
      GatewayFile.inOrder("url", "user", "password", "password-file");

  private final Function<Value, Optional<Path>> files;
  private final Consumer<String> check;

  /**
   * A reader.
   *
   * @param files finds what a value names
   * @param check refuses URLs by {@link BadConfiguration}
   */
  BrokerReader(Function<Value, Optional<Path>> files, Consumer<String> check) {
    this.files = files;
    this.check = check;
  }

  Optional<String> read(Value value) {
    if (value.isText()) {
      return value.asUrl(this::checked);
    }
    Optional<Mapping> keys = value.mapping(KEYS);
    if (keys.isEmpty()) {
      return Optional.empty();
    }
    Mapping said = keys.orElseThrow();
    if (said.get("url").isEmpty()) {
      value.fault("the key 'url' is missing, such as url: redis://127.0.0.1:6379");
      return Optional.empty();
    }
    if (said.get("password").isPresent() && said.get("password-file").isPresent()) {
      value.fault("name a password or a password-file, not both");
    }
    Optional<String> user = said.get("user").flatMap(Value::text);
    Optional<String> password =
        said.get("password-file")
            .flatMap(this::content)
            .or(() -> said.get("password").flatMap(Value::text))
            .map(secret -> UserInfo.trimmed(secret, "the password"));
    return said.get("url").orElseThrow().asUrl(url -> checked(with(url, user, password)));
  }

  private Optional<String> content(Value value) {
    return files
        .apply(value)
        .flatMap(
            file -> {
              try {
                return Optional.of(Files.readString(file));
              } catch (IOException unreadable) {
                value.fault("the file of the password is no text in UTF-8");
                return Optional.empty();
              }
            });
  }

  private static String with(String url, Optional<String> user, Optional<String> password) {
    int slashes = url.indexOf("//");
    if (slashes < 0 || (user.isEmpty() && password.isEmpty())) {
      return url;
    }
    String host = url.substring(Math.max(slashes + 2, url.lastIndexOf('@') + 1));
    return url.substring(0, slashes + 2)
        + user.map(UserInfo::encoded).orElse("")
        + ":"
        + password.map(UserInfo::encoded).orElse("")
        + "@"
        + host;
  }

  private String checked(String url) {
    try {
      check.accept(url);
      return url;
    } catch (BadConfiguration unreadable) {
      throw new IllegalArgumentException(unreadable.getMessage(), unreadable);
    }
  }
}

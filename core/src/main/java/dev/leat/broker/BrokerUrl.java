package dev.leat.broker;

import dev.leat.BadConfiguration;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The one URL that names a broker: {@code memory:}, {@code redis://user:password@host:port/0}.
 *
 * <p>Its {@link #toString} never shows a password, and may be logged.
 */
public final class BrokerUrl {
  private static final Pattern SCHEME = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]*:.*");

  private static final Pattern OPTION = Pattern.compile("=[^&]*");

  private final URI uri;
  private final String shown;
  private final Map<String, String> options;

  private BrokerUrl(URI uri, String shown, Map<String, String> options) {
    this.uri = uri;
    this.shown = shown;
    this.options = options;
  }

  /**
   * Reads a URL.
   *
   * @throws BadConfiguration if it is none; the sentence shows it without its password
   */
  public static BrokerUrl parse(String text) {
    String shown = shown(text);
    if (!SCHEME.matcher(text).matches()) {
      throw new BadConfiguration(
          "'" + shown + "' is not a broker's URL: it starts with a scheme, such as memory:");
    }
    try {
      return new BrokerUrl(new URI(filled(text)), shown, options(text));
    } catch (URISyntaxException | IllegalArgumentException unreadable) {
      // The cause is dropped: its message quotes the URL, password and all.
      throw new BadConfiguration("'" + shown + "' cannot be read as a URL");
    }
  }

  /** What stands before the first colon, in lower case; it chooses the broker. */
  public String scheme() {
    return uri.getScheme().toLowerCase(java.util.Locale.ROOT);
  }

  /** All of it, password included: for the broker alone. */
  public URI uri() {
    return uri;
  }

  /** The query's names and values, decoded. */
  public Map<String, String> options() {
    return options;
  }

  /**
   * Refuses an option that the broker does not know.
   *
   * @throws BadConfiguration that names it and those that are known
   */
  public void refuseOptionsBut(Set<String> known) {
    for (String name : options.keySet()) {
      if (!known.contains(name)) {
        throw new BadConfiguration(
            "%s: there is no option '%s', known are %s"
                .formatted(this, name, String.join(", ", known.stream().sorted().toList())));
      }
    }
  }

  /** As given, without user and password. */
  @Override
  public String toString() {
    return shown;
  }

  /**
   * Nothing before the last {@code @}, which a password may hold too, and no value of an option: it
   * is not known yet what is a secret.
   */
  private static String shown(String text) {
    int at = text.lastIndexOf('@');
    int scheme = text.indexOf(':');
    String safe = text.substring(at + 1);
    int query = safe.indexOf('?');
    if (query >= 0) {
      safe = safe.substring(0, query) + OPTION.matcher(safe.substring(query)).replaceAll("=***");
    }
    if (at < 0) {
      return safe;
    }
    boolean named = scheme >= 0 && scheme < at && text.startsWith("//", scheme + 1);
    return (named ? text.substring(0, scheme + 1) + "//" : "") + "***@" + safe;
  }

  /** {@link URI} refuses a scheme with nothing behind it, which is the whole of {@code memory:}. */
  private static String filled(String text) {
    return text.endsWith(":") ? text + "/" : text.replaceFirst("^([^:/?]+):\\?", "$1:/?");
  }

  private static Map<String, String> options(String text) {
    Map<String, String> options = new LinkedHashMap<>();
    int query = text.indexOf('?');
    if (query < 0) {
      return options;
    }
    for (String pair : text.substring(query + 1).split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      String value = equals < 0 ? "" : pair.substring(equals + 1);
      options.put(decoded(name), decoded(value));
    }
    return Map.copyOf(options);
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}

package dev.leat.broker;

import dev.leat.BadConfiguration;
import dev.leat.Durations;
import dev.leat.Retention;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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
  /** How long what every group has completed is kept. */
  public static final String KEEP = "keep";

  /** And how many bytes of it. */
  public static final String KEEP_BYTES = "keep-bytes";

  /** What a double tells apart, in which some brokers count. */
  private static final long MOST_BYTES = 1_000_000_000_000_000L;

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

  /**
   * An option that is a whole number.
   *
   * @param otherwise where it is not given
   * @throws BadConfiguration if it is none, or out of range
   */
  public long number(String option, long otherwise, long least, long most) {
    String text = options.get(option);
    if (text == null) {
      return otherwise;
    }
    try {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException notANumber) {
      // Refused below, with those out of range.
    }
    throw new BadConfiguration(
        "%s: '%s' is a number from %d to %d, was '%s'".formatted(this, option, least, most, text));
  }

  /**
   * An option that is a time.
   *
   * @param otherwise where it is not given
   * @throws BadConfiguration if it is none
   */
  public Duration time(String option, Duration otherwise) {
    String text = options.get(option);
    return text == null
        ? otherwise
        : Durations.parse(text)
            .orElseThrow(
                () ->
                    new BadConfiguration(
                        "%s: '%s' is how long, as in 15m or 24h, was '%s'"
                            .formatted(this, option, text)));
  }

  /**
   * What the options {@value #KEEP} and {@value #KEEP_BYTES} say, or others that end so.
   *
   * @param beginning of the names of these
   * @param otherwise what they say where they are not given
   * @throws BadConfiguration if one of them is wrong
   */
  public Retention retention(String beginning, Retention otherwise) {
    return new Retention(
        time(beginning + KEEP, otherwise.age()),
        number(beginning + KEEP_BYTES, otherwise.bytes(), 0, MOST_BYTES));
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

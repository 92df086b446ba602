package dev.leat.gateway.config;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A user and a secret, as a URL has them (RFC 3986, section 3.2.1). */
final class UserInfo {
  private static final Logger log = LoggerFactory.getLogger(UserInfo.class);
  private static final String UNRESERVED = "-._~";

  private UserInfo() {}

  /** Percent-encoded, but for what never needs to be. */
  static String encoded(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte sign : text.getBytes(StandardCharsets.UTF_8)) {
      boolean plain =
          (sign >= 'a' && sign <= 'z')
              || (sign >= 'A' && sign <= 'Z')
              || (sign >= '0' && sign <= '9')
              || UNRESERVED.indexOf(sign) >= 0;
      if (plain) {
        encoded.append((char) sign);
      } else {
        encoded.append('%').append(HexFormat.of().withUpperCase().toHexDigits(sign));
      }
    }
    return encoded.toString();
  }

  /**
   * A secret without the line break that its file ends with.
   *
   * @param name where it comes from, which is told; never what it is
   */
  static String trimmed(String secret, String name) {
    int end = secret.length();
    while (end > 0 && (secret.charAt(end - 1) == '\n' || secret.charAt(end - 1) == '\r')) {
      end--;
    }
    if (end < secret.length()) {
      log.warn("{} ends with a line break, which is left out", name);
    }
    return secret.substring(0, end);
  }
}

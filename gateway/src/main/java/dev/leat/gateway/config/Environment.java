package dev.leat.gateway.config;

import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts variables of the environment into values: a dollar sign and the name in braces, with {@code
 * :-default} behind the name where it may be missing. Two dollar signs stand for one, and nothing
 * is put in.
 */
final class Environment {
  private static final Pattern VARIABLE =
      Pattern.compile("\\$?\\$\\{([A-Za-z_][A-Za-z0-9_]*)?(:-([^}]*))?}");

  private final UnaryOperator<@Nullable String> variables;

  Environment(UnaryOperator<@Nullable String> variables) {
    this.variables = variables;
  }

  /**
   * The text with its variables filled in.
   *
   * @throws IllegalArgumentException if one is missing; the sentence never shows a value
   */
  String fill(String text) {
    return VARIABLE.matcher(text).replaceAll(found -> Matcher.quoteReplacement(value(found)));
  }

  /**
   * The same for a URL: what is filled in before its last {@code @} is a name or a secret, and may
   * have any signs in it.
   */
  String fillUrl(String text) {
    int host = text.lastIndexOf('@');
    return VARIABLE
        .matcher(text)
        .replaceAll(
            found -> {
              String value = value(found);
              boolean secret = found.end() <= host && !found.group().startsWith("$$");
              String written =
                  secret ? UserInfo.encoded(UserInfo.trimmed(value, found.group(1))) : value;
              return Matcher.quoteReplacement(written);
            });
  }

  private String value(java.util.regex.MatchResult found) {
    if (found.group().startsWith("$$")) {
      return found.group().substring(1);
    }
    String name = found.group(1);
    if (name == null) {
      throw new IllegalArgumentException(
          "'" + found.group() + "' names no variable: write ${NAME} or ${NAME:-default}");
    }
    String value = variables.apply(name);
    if (value != null && !(value.isEmpty() && found.group(3) != null)) {
      return value;
    }
    if (found.group(3) == null) {
      throw new IllegalArgumentException(
          "the environment has no variable "
              + name
              + ": set it, or write ${"
              + name
              + ":-default}");
    }
    return found.group(3);
  }
}

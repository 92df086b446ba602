package dev.leat.cli;

import dev.leat.BadConfiguration;
import dev.leat.gateway.ops.OperationsAccess;
import dev.leat.wire.Redaction;
import java.util.Map;
import java.util.Optional;

/** Who may ask the operations API, as the environment says. */
final class Access {
  private Access() {}

  static OperationsAccess ofThisProcess() {
    return of(System.getenv());
  }

  /**
   * By LEAT_MANAGEMENT_TOKEN and LEAT_REDACT.
   *
   * @throws BadConfiguration if one cannot be used; the sentence does not show the token
   */
  static OperationsAccess of(Map<String, String> environment) {
    try {
      return new OperationsAccess(
          Optional.ofNullable(environment.get("LEAT_MANAGEMENT_TOKEN"))
              .filter(token -> !token.isEmpty()),
          Redaction.parse(environment.getOrDefault("LEAT_REDACT", "")));
    } catch (IllegalArgumentException unusable) {
      throw new BadConfiguration(String.valueOf(unusable.getMessage()), unusable);
    }
  }
}

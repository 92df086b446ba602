package dev.leat.cli;

import dev.leat.BadConfiguration;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Has the process traced, where its environment has the variables of OpenTelemetry. */
final class Tracing {
  private static final String PREFIX = "OTEL_";

  /** Where the variables do not say otherwise: Leat has metrics and logs of its own. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "otel.service.name", "leat",
          "otel.metrics.exporter", "none",
          "otel.logs.exporter", "none",
          "otel.exporter.otlp.protocol", "http/protobuf");

  /** Kept, or its level would be forgotten: what goes wrong is told, how it is set up is not. */
  private static final Logger LOG = Logger.getLogger("io.opentelemetry");

  private Tracing() {}

  /**
   * Sets it up, before anything connects.
   *
   * @throws BadConfiguration if a variable cannot be read
   */
  static void setUp(Map<String, String> environment) {
    if (environment.keySet().stream().noneMatch(name -> name.startsWith(PREFIX))) {
      return;
    }
    LOG.setLevel(Level.WARNING);
    try {
      AutoConfiguredOpenTelemetrySdk unused =
          AutoConfiguredOpenTelemetrySdk.builder()
              .addPropertiesSupplier(() -> DEFAULTS)
              .setResultAsGlobal()
              .build();
    } catch (ConfigurationException | IllegalArgumentException | IllegalStateException wrong) {
      throw new BadConfiguration(
          "the variables of OpenTelemetry cannot be used: " + reason(wrong), wrong);
    }
  }

  /** The innermost, which is about the variables. */
  private static String reason(Throwable wrong) {
    Throwable cause = wrong;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage());
  }
}

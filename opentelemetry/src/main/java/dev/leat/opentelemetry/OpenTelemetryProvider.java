package dev.leat.opentelemetry;

import dev.leat.Telemetry;
import dev.leat.TelemetryProvider;
import io.opentelemetry.api.GlobalOpenTelemetry;

/**
 * Has every connection traced where the program, or an agent, has set an {@link
 * GlobalOpenTelemetry} before it connects. Where it has not, nothing is done, and that costs
 * nothing.
 */
public final class OpenTelemetryProvider implements TelemetryProvider {
  /** With which the first who asks for it sets it up. */
  private static final String AUTOCONFIGURED = "otel.java.global-autoconfigure.enabled";

  /** For {@link java.util.ServiceLoader}. */
  public OpenTelemetryProvider() {}

  @Override
  public Telemetry telemetry() {
    // To ask for it otherwise would set one that does nothing, and for good.
    return GlobalOpenTelemetry.isSet() || Boolean.getBoolean(AUTOCONFIGURED)
        ? new MessageTracing(GlobalOpenTelemetry.get())
        : Telemetry.NONE;
  }
}

package dev.leat.micrometer;

import dev.leat.Telemetry;
import dev.leat.TelemetryProvider;
import io.micrometer.core.instrument.Metrics;

/**
 * Has every connection measured into the {@linkplain Metrics#globalRegistry global registry}, to
 * which programs add their own.
 */
public final class MicrometerProvider implements TelemetryProvider {
  private static final WorkerMetrics GLOBAL = new WorkerMetrics(Metrics.globalRegistry);

  /** For {@link java.util.ServiceLoader}. */
  public MicrometerProvider() {}

  @Override
  public Telemetry telemetry() {
    return GLOBAL;
  }
}

package dev.leat;

/** Brings {@link Telemetry} with a module that is on the class path, by a service file. */
public interface TelemetryProvider {
  /** What a new connection is to tell; {@link Telemetry#NONE} where there is nobody to hear it. */
  Telemetry telemetry();
}

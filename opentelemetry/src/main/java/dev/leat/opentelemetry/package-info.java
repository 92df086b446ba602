/** Traces of requests and messages, by the API of OpenTelemetry. */
@NullMarked
package dev.leat.opentelemetry;

import org.jspecify.annotations.NullMarked;

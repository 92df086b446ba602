/**
 * For those who look after a gateway: health, and metrics in the format of Prometheus, at an
 * address of their own. Start at {@link dev.leat.gateway.ops.Management}.
 */
@NullMarked
package dev.leat.gateway.ops;

import org.jspecify.annotations.NullMarked;

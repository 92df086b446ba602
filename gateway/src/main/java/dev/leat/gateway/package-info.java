/**
 * The edge, where HTTP ends. Start at {@link dev.leat.gateway.LeatGateway}.
 *
 * <p>A request, its message and its reply stay on one event loop; nothing here blocks it.
 */
@NullMarked
package dev.leat.gateway;

import org.jspecify.annotations.NullMarked;

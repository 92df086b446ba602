/** Which request becomes which message. Start at {@link dev.leat.gateway.route.Route}. */
@NullMarked
package dev.leat.gateway.route;

import org.jspecify.annotations.NullMarked;

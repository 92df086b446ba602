/**
 * The client side of a request: what waits for its reply, and for how long. Start at {@link
 * dev.leat.caller.PendingCalls}, which the gateway uses on its event loops; {@link
 * dev.leat.caller.LaneCaller} is the same for any thread.
 */
@NullMarked
package dev.leat.caller;

import org.jspecify.annotations.NullMarked;

/**
 * What a broker is to Leat. Start at {@link dev.leat.broker.Broker}; {@link
 * dev.leat.broker.Brokers#open} finds one by the scheme of a URL.
 *
 * <p>Threads: a {@link dev.leat.broker.Lane} belongs to one event loop and is used on it alone;
 * everything else may be called from any thread. Nothing here blocks. Listeners are called on a
 * thread of the broker's choice, for one subscription never two at a time, and must not block
 * either.
 */
@NullMarked
package dev.leat.broker;

import org.jspecify.annotations.NullMarked;

/**
 * The embedded broker, {@code memory:}. It has the semantics of Redis Streams and sees what a
 * broker outside the process would see. Start at {@link
 * dev.leat.broker.memory.EmbeddedBrokerProvider}.
 *
 * <p>A {@code MemoryStream} is a log with its groups, guarded by one lock; a {@code Pump} hands
 * over what its readers have asked for, outside that lock.
 */
@NullMarked
package dev.leat.broker.memory;

import org.jspecify.annotations.NullMarked;

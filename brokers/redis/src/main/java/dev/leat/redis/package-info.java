/**
 * Streams of a Redis server as a broker. Start at {@link dev.leat.redis.RedisBrokerProvider}.
 *
 * <p>Every connection belongs to one event loop. A lane opened on an event loop of Vert.x has its
 * connections on that loop; everything else lives on one of the broker's own.
 */
@NullMarked
package dev.leat.redis;

import org.jspecify.annotations.NullMarked;

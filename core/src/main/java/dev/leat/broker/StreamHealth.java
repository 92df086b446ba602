package dev.leat.broker;

import dev.leat.StreamRef;
import java.util.List;
import java.util.OptionalLong;

/**
 * How a stream is doing. What the broker does not know is empty; what it knows is exact with {@link
 * Capability#EXACT_BACKLOG}, else about right and perhaps some seconds old.
 *
 * @param stream which
 * @param length entries that stand in it
 * @param groups those that read it
 * @param bytes that its entries take, about
 */
public record StreamHealth(
    StreamRef stream, OptionalLong length, List<GroupHealth> groups, OptionalLong bytes) {}

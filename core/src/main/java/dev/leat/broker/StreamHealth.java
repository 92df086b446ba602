package dev.leat.broker;

import java.util.List;
import java.util.OptionalLong;

/**
 * How a stream is doing.
 *
 * @param stream its key
 * @param length entries that stand in it
 * @param groups those that read it
 * @param bytes that its entries take, about; empty where the broker does not say
 */
public record StreamHealth(
    String stream, long length, List<GroupHealth> groups, OptionalLong bytes) {}

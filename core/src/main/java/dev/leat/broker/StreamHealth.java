package dev.leat.broker;

import java.util.List;

/**
 * How a stream is doing.
 *
 * @param stream its key
 * @param length entries that stand in it
 * @param groups those that read it
 */
public record StreamHealth(String stream, long length, List<GroupHealth> groups) {}

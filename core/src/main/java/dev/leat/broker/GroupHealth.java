package dev.leat.broker;

import java.util.OptionalLong;

/**
 * How a group is doing.
 *
 * @param group its name
 * @param members that are subscribed now
 * @param pending messages handed over and not ended, those that wait for their next attempt
 *     included
 * @param backlog messages never handed over yet; present with {@link Capability#EXACT_BACKLOG}
 * @param answers whether it answers those who ask; not so one that only listens
 */
public record GroupHealth(
    String group, int members, long pending, OptionalLong backlog, boolean answers) {}

package dev.leat;

/**
 * What a worker has done since it was started, by how each delivery ended.
 *
 * @param replied answered, or done where nobody waited
 * @param retried failed, and given back to be tried again
 * @param deadLettered given up, and kept among the dead letters
 * @param expired not begun, or not done, when nobody waited any more
 * @param cancelled given up because whoever asked had gone
 * @param late done after the lease was lost to another member; without effect on the stream
 */
public record WorkerCounts(
    long replied, long retried, long deadLettered, long expired, long cancelled, long late) {}

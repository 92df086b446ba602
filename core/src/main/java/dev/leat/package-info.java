/**
 * What users import: messages, topics, handlers, workers, callers, outcomes and errors. Start at
 * {@link dev.leat.Message}.
 *
 * <p>Values here are immutable and may be shared between threads. Nothing takes or returns {@code
 * null} unless it says so.
 */
@NullMarked
package dev.leat;

import org.jspecify.annotations.NullMarked;

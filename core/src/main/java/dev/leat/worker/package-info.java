/**
 * A delivery comes in, a handler runs, a reply goes out. Start at {@link
 * dev.leat.worker.StreamWorker}.
 */
@NullMarked
package dev.leat.worker;

import org.jspecify.annotations.NullMarked;

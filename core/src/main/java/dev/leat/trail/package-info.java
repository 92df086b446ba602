/** What the streams remember. Start at {@link dev.leat.trail.DeadLetters}. */
@NullMarked
package dev.leat.trail;

import org.jspecify.annotations.NullMarked;

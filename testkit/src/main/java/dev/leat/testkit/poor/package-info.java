/** A broker that can do little: {@code poor:}. */
@NullMarked
package dev.leat.testkit.poor;

import org.jspecify.annotations.NullMarked;

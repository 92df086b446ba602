/** What workers count and measure, by Micrometer. */
@NullMarked
package dev.leat.micrometer;

import org.jspecify.annotations.NullMarked;

/** Parts of the hot path by themselves. */
@NullMarked
package dev.leat.bench.micro;

import org.jspecify.annotations.NullMarked;

/** Small programs; what stands between {@code snippet} comments stands in README or docs too. */
@NullMarked
package dev.leat.examples;

import org.jspecify.annotations.NullMarked;

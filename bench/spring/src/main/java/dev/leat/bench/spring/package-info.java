/** What Leat replaces, as a Spring shop has it. */
@NullMarked
package dev.leat.bench.spring;

import org.jspecify.annotations.NullMarked;

/**
 * Three small services and a greeting, to try Leat with. They know their topics and nothing of each
 * other. Start at {@link dev.leat.cli.demo.DemoService}.
 */
@NullMarked
package dev.leat.cli.demo;

import org.jspecify.annotations.NullMarked;

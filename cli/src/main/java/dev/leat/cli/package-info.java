/**
 * The command {@code leat}: one class per subcommand. Start at {@link dev.leat.cli.LeatCommand}.
 */
@NullMarked
package dev.leat.cli;

import org.jspecify.annotations.NullMarked;

/**
 * What every broker promises, as tests. Start at {@link dev.leat.testkit.BrokerContract}: a broker
 * passes by a subclass of a few lines.
 */
@NullMarked
package dev.leat.testkit;

import org.jspecify.annotations.NullMarked;

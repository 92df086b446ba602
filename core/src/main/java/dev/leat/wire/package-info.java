/**
 * Messages to bytes and back, shared by the brokers. Start at {@link dev.leat.wire.PackedEntry}.
 */
@NullMarked
package dev.leat.wire;

import org.jspecify.annotations.NullMarked;

/** From one broker to another, while both are in use. */
@NullMarked
package dev.leat.bridge;

import org.jspecify.annotations.NullMarked;

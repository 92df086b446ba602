/** Programs that {@code bench/http.sh} puts under the same load, one after the other. */
@NullMarked
package dev.leat.bench;

import org.jspecify.annotations.NullMarked;

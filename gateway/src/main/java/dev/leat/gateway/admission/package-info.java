/**
 * Refuses, while there is still time to go elsewhere, what would wait in vain. Start at {@link
 * dev.leat.gateway.admission.Admission}.
 */
@NullMarked
package dev.leat.gateway.admission;

import org.jspecify.annotations.NullMarked;

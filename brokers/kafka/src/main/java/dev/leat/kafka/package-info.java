/** The broker that is a Kafka cluster. */
@NullMarked
package dev.leat.kafka;

import org.jspecify.annotations.NullMarked;

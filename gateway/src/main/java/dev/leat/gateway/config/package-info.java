/**
 * A gateway's settings as an operator writes them: a YAML file. Start at {@link
 * dev.leat.gateway.config.GatewayFile}.
 */
@NullMarked
package dev.leat.gateway.config;

import org.jspecify.annotations.NullMarked;

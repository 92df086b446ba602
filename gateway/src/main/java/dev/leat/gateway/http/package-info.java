/**
 * An HTTP request becomes a message, a reply becomes a response. Start at {@link
 * dev.leat.gateway.http.HttpEdge}.
 */
@NullMarked
package dev.leat.gateway.http;

import org.jspecify.annotations.NullMarked;

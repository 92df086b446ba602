/**
 * A broker of one process that others of the machine reach through a socket: {@link
 * dev.leat.broker.remote.BrokerServer} is on the side that has it, {@link
 * dev.leat.broker.remote.RemoteBroker} on the other.
 *
 * <p>Both speak in frames: their length, what they are, a number that tells apart what is under
 * way, and what is asked or told. Whatever a server had for a connection ends with it: its lanes,
 * its readers, and its deliveries, which go to others at once.
 */
@NullMarked
package dev.leat.broker.remote;

import org.jspecify.annotations.NullMarked;

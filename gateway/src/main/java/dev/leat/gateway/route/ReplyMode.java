package dev.leat.gateway.route;

/** Where a route's answer comes from. */
public enum ReplyMode {
  /** From the worker, over the gateway's private reply stream. */
  PRIVATE,
  /** From the topic's shared reply stream, for workers that answer on no other. */
  SHARED,
  /** From nowhere: 202 with the message's id, as soon as the broker has the message. */
  NONE
}

package dev.leat.gateway.route;

/** Where a route's answer comes from. */
public enum ReplyMode {
  /** From the worker, over the gateway's private reply stream. */
  PRIVATE,
  /** From nowhere: 202 with the message's id, as soon as the broker has the message. */
  NONE
}

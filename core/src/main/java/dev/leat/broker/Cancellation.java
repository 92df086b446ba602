package dev.leat.broker;

import java.time.Instant;

/**
 * That nobody waits for the reply to a request any more.
 *
 * @param messageId the request's
 * @param entryId its place in its stream; empty where who cancelled it did not know
 * @param at when it was cancelled, by the broker's clock; who cancels it need not say
 */
public record Cancellation(String messageId, String entryId, Instant at) {
  /** By whoever waited, now. */
  public static Cancellation of(String messageId, String entryId) {
    return new Cancellation(messageId, entryId, Instant.EPOCH);
  }
}

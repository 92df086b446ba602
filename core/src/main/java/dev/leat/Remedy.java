package dev.leat;

/** Whose move it is after an error. */
public enum Remedy {
  /** Whoever sent the request must change it; sending it again as it is will fail again. */
  FIX_REQUEST,
  /** Whoever owns the handler must look at it; its log has the cause under the message's id. */
  FIX_HANDLER,
  /** Whoever runs this program must change its settings. */
  FIX_CONFIGURATION,
  /** Whoever runs the broker must look at it; the same request may succeed afterwards. */
  CHECK_BROKER,
  /** The sender may try again after a while, if the work may be done twice. */
  TRY_LATER,
  /** Nobody: what was asked for is no longer wanted. */
  NONE
}

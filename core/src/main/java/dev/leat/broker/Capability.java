package dev.leat.broker;

/** What a broker may be able to do beyond what every broker does. */
public enum Capability {
  /** {@link GroupHealth#backlog} is present and exact. */
  EXACT_BACKLOG,
  /** {@link Delivery#release} waits as long as it is told, rather than for the lease to lapse. */
  DELAYED_RELEASE,
  /** Replies and completion happen together or not at all, and a late completion has no effect. */
  ATOMIC_COMPLETION,
  /** It keeps notes beside its streams, and writes them together with completions. */
  NOTES,
  /** Messages of one key are handed over one at a time, where {@link Membership#ordered} asks. */
  KEY_ORDER,
  /** Its entries may be written in {@link dev.leat.Dialect#NAMED}, and are answered in kind. */
  NAMED_DIALECT
}

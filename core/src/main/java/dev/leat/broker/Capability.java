package dev.leat.broker;

import dev.leat.Unsupported;

/** What a broker may be able to do beyond what every broker does. */
public enum Capability {
  /**
   * {@link GroupHealth#pending} and {@link GroupHealth#backlog} are present, exact and new; and
   * {@link Broker#untaken} is known.
   */
  EXACT_BACKLOG("does not know exactly what waits", "go by what it knows, which is seconds old"),
  /**
   * A {@link Delivery#release} waits as long as it is told, whatever becomes of the member; else
   * only as long as the member lives.
   */
  DELAYED_RELEASE("forgets a delay with its member", "expect retries that come early"),
  /** Replies and completion happen together or not at all, and a late completion has no effect. */
  ATOMIC_COMPLETION(
      "does not reply and complete in one step", "expect a reply to be sent more than once"),
  /** It keeps notes beside its streams, and writes them together with completions. */
  NOTES(
      "keeps no notes, which handlers that are idempotent need",
      "have the handler look for itself whether it was done before"),
  /** Messages of one key are handed over one at a time, where {@link Membership#ordered} asks. */
  KEY_ORDER(
      "keeps no order by key",
      "have the handler find out by itself what comes too early or too late"),
  /** Its entries may be written in {@link dev.leat.Dialect#NAMED}, and are answered in kind. */
  NAMED_DIALECT("has no dialects", "leave the dialect out, which is for streams of Redis"),
  /** What stands in a stream, and what comes, can be read along without a group. */
  TAIL("cannot be read along", "read it as a group of its own, which only listens"),
  /** What stands in a stream can be looked at. */
  RANGE("does not show what stands in a stream", "look at it with the broker's own tools"),
  /** What stands in a stream can be removed beyond a number. */
  TRIM("does not remove what is old on demand", "set a retention with the broker's own tools"),
  /** What is completed of a topic can be kept for longer, or less long: {@link Broker#retain}. */
  TOPIC_RETENTION(
      "keeps what is completed of all topics alike", "say it for all of them in its URL"),
  /** An entry can be taken out of one stream and into another, both or neither. */
  MOVE("does not move entries between streams", "redrive with the broker's own tools"),
  /** Whichever member of a group asks is handed what comes next. */
  ANY_MEMBER(
      "hands what stands in a partition to the member that has it",
      "have more partitions than members, and members that ask for more than one message"),
  /** A stream may be read by several groups, and each sees all of it. */
  SEVERAL_GROUPS("has one group for each topic", "send to a topic for each group"),
  /** What is appended is handed over, and read, in that order, but for redeliveries. */
  STREAM_ORDER("does not keep a stream's order", "have the handler take messages in any order"),
  /** A lane has an address that replies come back to. */
  REPLIES("brings no replies", "send one way, and have routes say reply: none"),
  /** Workers are told of requests that nobody waits for any more. */
  CANCELLATION(
      "does not tell workers that nobody waits",
      "go by the deadline, which travels with a request"),
  /** What members handle is known to others of their group: {@link Broker#isHandled}. */
  HANDLED_TYPES(
      "does not know what other members handle",
      "give workers that handle other types a topic of their own"),
  /** It is known of each message how it stands: {@link Broker#census} and {@link Broker#open}. */
  CENSUS(
      "does not know how each message stands", "go by how many wait, which its health tells about"),
  /** It is known who takes part: {@link Broker#announce}. */
  PARTICIPANTS(
      "does not know who takes part",
      "look at its groups, and at what the programs themselves say"),
  /** Several processes may open it at a time, and see the same. */
  SEVERAL_PROCESSES(
      "is seen by one process alone", "name a broker that processes share, such as redis:"),
  /** Reading may begin at a time: {@link dev.leat.Position#at}. */
  TIME_POSITION("does not find a place by its time", "begin at the start, at an entry or now");

  private final String lack;
  private final String instead;

  Capability(String lack, String instead) {
    this.lack = lack;
    this.instead = instead;
  }

  /** What is thrown where it is asked for and a broker lacks it. */
  public Unsupported missing() {
    return new Unsupported("this broker %s (%s): %s".formatted(lack, name(), instead));
  }
}

package dev.leat.broker;

import dev.leat.Message;
import dev.leat.Participant;
import dev.leat.Position;
import dev.leat.Retention;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.Unsupported;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Streams, and groups that share them. What every broker does stands in the contract suite of the
 * testkit; what only some do is a {@link Capability}.
 *
 * <p>Any thread. A stream comes into being when something is appended to it or reads it. Once
 * closed, everything fails with {@link dev.leat.BrokerUnavailable}.
 */
public interface Broker extends AutoCloseable {
  /** What it can do beyond the contract. */
  Set<Capability> capabilities();

  /** How much of what it can do, at most and at least. Does not change. */
  default BrokerLimits limits() {
    return BrokerLimits.NONE;
  }

  /**
   * Refuses, by name, what the broker cannot do, and says what would do instead.
   *
   * @throws Unsupported if it lacks the capability
   */
  default void require(Capability capability) {
    if (!capabilities().contains(capability)) {
      throw capability.missing();
    }
  }

  /** Completes once the broker has answered; that it does is all that is asked. */
  CompletionStage<?> ping();

  /**
   * Opens a lane that lives on a loop.
   *
   * @param name of the lane; no other may have it
   */
  Lane openLane(EventLoop loop, String name, ReplyListener replies);

  /** What a message names as its destination for its reply to go to a stream. */
  String addressOf(StreamRef stream);

  /** Whether a destination is one that replies may go to: a lane, or replies of a topic. */
  boolean isForReplies(String address);

  /** Appends what is rare, and outside of any lane: see {@link Lane#append} for all else. */
  CompletionStage<?> append(Append one);

  /** Joins a group, which comes into being with its first member and stays when they leave. */
  Subscription subscribe(Membership membership, DeliveryListener listener);

  /**
   * Hears of the requests to a topic that nobody waits for any more, from those on that are still
   * known. Needs {@link Capability#CANCELLATION}.
   */
  Subscription cancellations(Topic topic, Consumer<List<Cancellation>> listener);

  /**
   * Reads a stream along, without a group: every reader sees everything. A reader that is slower
   * than trimming misses what was trimmed. Needs {@link Capability#TAIL}.
   */
  Subscription tail(StreamRef stream, Position from, EntryListener listener);

  /** Bytes of payloads after which {@link #range} gives what it has: it may all be large. */
  int RANGE_BYTES = 4 << 20;

  /**
   * Reads what stands in a stream, oldest first, up to a limit of entries. Fewer than the limit are
   * given where they are large ({@link #RANGE_BYTES}, or some tens of entries more), but never none
   * while there are any. Needs {@link Capability#RANGE}.
   */
  CompletionStage<List<Entry>> range(StreamRef stream, Position from, int limit);

  /**
   * How a stream and its groups are doing; one that does not exist is empty. What the broker does
   * not know is not there. Not to be asked more often than its {@link BrokerLimits#healthPause}.
   */
  CompletionStage<StreamHealth> health(StreamRef stream);

  /**
   * How the work of a topic stands; of one that does not exist there is none. More than its health,
   * and dearer. Without {@link Capability#CENSUS} as far as that tells.
   */
  default CompletionStage<StreamCensus> census(Topic topic) {
    return health(topic.incoming())
        .thenApply(
            health -> StreamCensus.of(health, InstantSource.system().instant().plus(clockAhead())));
  }

  /**
   * Lists what a group has not completed, oldest first, up to a limit of messages. Each is as it is
   * when it is looked at: what is begun or ended between two calls is not in both. Fewer than the
   * limit may be given though there are more, but never none. Needs {@link Capability#CENSUS}.
   *
   * @param group whose; where it is empty, all that stands there, for groups that are to come
   */
  CompletionStage<List<OpenMessage>> open(Topic topic, String group, Position from, int limit);

  /**
   * Of a stream's entries, those that no member was handed yet of a group that answers: nobody can
   * have begun what they ask for. For whom nobody waits any more that is worth to know. Needs
   * {@link Capability#EXACT_BACKLOG}.
   *
   * @param entryIds as {@link Lane#append} gave them
   */
  CompletionStage<Set<String>> untaken(StreamRef stream, List<String> entryIds);

  /**
   * Whether a member of a group that is there now says that it handles a type: {@link
   * DeliveryListener#types()}, perhaps as it was some seconds ago. Needs {@link
   * Capability#HANDLED_TYPES}.
   */
  CompletionStage<Boolean> isHandled(Topic topic, String group, String type);

  /**
   * Says who takes part, until that is closed or its process is gone for some seconds. It is said
   * anew where the broker was away or has forgotten it. Needs {@link Capability#PARTICIPANTS}.
   *
   * @param participant asked now and then, any thread: what it says may change, but not who it is
   */
  Announcement announce(Supplier<Participant> participant);

  /**
   * Who takes part now, as far as it was announced; one that is gone is not there after some
   * seconds. Needs {@link Capability#PARTICIPANTS}.
   */
  CompletionStage<List<Participant>> participants();

  /** Topics that somebody sends to or reads, some of them where there are very many. */
  CompletionStage<Set<Topic>> topics();

  /**
   * Takes an entry out of a stream and appends a message to another, both or neither. Needs {@link
   * Capability#MOVE}, and out of any other than a topic's dead letters {@link
   * Capability#EXACT_BACKLOG} too: groups may be reading it.
   *
   * @return whether the entry was still there; if not, nothing was appended
   */
  CompletionStage<Boolean> move(StreamRef stream, String entryId, Append to);

  /**
   * The same, unless a member of a group that answers was handed the entry, or one of any group is
   * at work on it, or it waits behind another of its key: what was asked for is taken back as if it
   * never had been. Needs {@link Capability#MOVE} and {@link Capability#EXACT_BACKLOG}.
   *
   * @return whether it was there and untouched; if not, nothing was appended
   */
  CompletionStage<Boolean> moveUntaken(StreamRef stream, String entryId, Append to);

  /**
   * How far the broker's clock is ahead of the one of this process, a negative duration if it is
   * behind, and zero where they agree or are one. Deadlines on the wire are by the broker's clock:
   * it is the one that both sides know.
   */
  default Duration clockAhead() {
    return Duration.ZERO;
  }

  /**
   * The same as it was for an entry that was accepted at a time, by the broker's clock: that may
   * have been set since.
   */
  default Duration clockAhead(Instant accepted) {
    return clockAhead();
  }

  /**
   * Keeps a note unless there is one of its key; needs {@link Capability#NOTES}.
   *
   * @return the one that was there; empty where this one is kept now
   */
  CompletionStage<Optional<Message>> noteIfAbsent(Note note);

  /**
   * Keeps a note for its time from now on, if it is there still: one of its key with the id and
   * type of its message. Needs {@link Capability#NOTES}.
   *
   * @return whether it was there
   */
  CompletionStage<Boolean> renewNote(Note note);

  /**
   * Removes what every group of a stream has completed for a while, where there is much of it. For
   * streams that perhaps no member looks after that does so by itself; to be called again and
   * again, some seconds apart.
   */
  CompletionStage<?> tidy(StreamRef stream);

  /**
   * Keeps what every group has completed for another time than its URL says, until another is said;
   * whoever says it, and whether or not they are still there. Needs {@link
   * Capability#TOPIC_RETENTION}.
   *
   * @param stream requests of a topic, with whose replies and failed attempts it is the same; or
   *     its dead letters
   */
  CompletionStage<?> retain(StreamRef.OfTopic stream, Retention retention);

  /**
   * Removes the oldest entries beyond a number, but never what a group has not completed. Needs
   * {@link Capability#TRIM}.
   *
   * @param keep how many entries to leave
   * @return how many were removed
   */
  CompletionStage<Long> trim(StreamRef stream, long keep);

  /** Ends all lanes and subscriptions, then itself. Harmless when repeated. */
  @Override
  void close();
}

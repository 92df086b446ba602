package dev.leat.trail;

import dev.leat.Dialect;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import dev.leat.wire.DeadLetter;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** What was given up on a topic: to be looked at, and to be sent back. Any thread. */
public final class DeadLetters {
  private final Broker broker;
  private final Topic topic;

  /** The dead letters of a topic. */
  public DeadLetters(Broker broker, Topic topic) {
    this.broker = broker;
    this.topic = topic;
  }

  /**
   * A dead letter and where it stands.
   *
   * @param stream that it stands in
   * @param entryId to go on behind, in that stream
   */
  public record Kept(StreamRef stream, String entryId, DeadLetter letter) {}

  /** Those behind a position, oldest first, up to a limit; fewer where they are large. */
  public CompletionStage<List<Kept>> range(Position from, int limit) {
    return range(topic.deadLetters(), from, limit);
  }

  /** The same of those that workers of Streamerson have given up, in a stream of their own. */
  public CompletionStage<List<Kept>> rangeOfOthers(Position from, int limit) {
    return range(ofOthers(), from, limit);
  }

  /**
   * Looks at as many as stand there when it begins, one after the other, oldest first: what is
   * given up meanwhile, perhaps for the second time, is left for the next. By number, since clocks
   * differ. Blocks.
   *
   * @param action gives false once it has seen enough
   */
  public void forEach(Predicate<Kept> action) {
    if (forEach(topic.deadLetters(), action)) {
      boolean unused = forEach(ofOthers(), action);
    }
  }

  /** Whether it has not seen enough. */
  private boolean forEach(StreamRef stream, Predicate<Kept> action) {
    OptionalLong many = StreamScan.result(broker.health(stream)).length();
    Instant until =
        many.isPresent()
            ? StreamScan.EVER
            : InstantSource.system().instant().plus(broker.clockAhead());
    boolean[] wantsMore = {true};
    boolean unused =
        StreamScan.forEach(
            broker,
            stream,
            Position.START,
            until,
            many.orElse(Long.MAX_VALUE),
            entry -> {
              wantsMore[0] = action.test(kept(stream, entry));
              return wantsMore[0];
            });
    return wantsMore[0];
  }

  private static Kept kept(StreamRef stream, Entry entry) {
    return new Kept(stream, entry.id(), DeadLetter.read(entry.message()));
  }

  private StreamRef ofOthers() {
    return new StreamRef.DeadLetters(topic, Dialect.NAMED);
  }

  private CompletionStage<List<Kept>> range(StreamRef stream, Position from, int limit) {
    return broker
        .range(stream, from, limit)
        .thenApply(entries -> entries.stream().map(entry -> kept(stream, entry)).toList());
  }

  /**
   * Sends one back to its topic, for the group that gave it up, and takes it off the dead letters:
   * both or neither, so that none is lost and none is sent twice. It begins anew, with its id; whom
   * its reply was for has long heard that it failed, so nobody waits for it, and it has no
   * deadline.
   *
   * @return whether it was still there
   */
  public CompletionStage<Boolean> redrive(Kept kept) {
    return redrive(kept, kept.letter().group());
  }

  /**
   * The same for another group.
   *
   * @param group whose workers are to handle it; empty for those of all groups
   */
  public CompletionStage<Boolean> redrive(Kept kept, String group) {
    // Each in the dialect that its workers speak.
    Dialect dialect =
        kept.stream() instanceof StreamRef.DeadLetters letters ? letters.dialect() : Dialect.PACKED;
    return broker.move(
        kept.stream(),
        kept.entryId(),
        new Append(topic.incoming(), again(kept.letter(), group), dialect));
  }

  private static Message again(DeadLetter letter, String group) {
    Message was = letter.message();
    Headers headers = was.headers().without(Set.of(Headers.DEADLINE, Headers.BRIDGED)::contains);
    if (!group.isEmpty()) {
      headers = headers.with(Headers.GROUP, group);
    }
    return new Message(was.id(), was.type(), "", headers, was.source(), was.payload());
  }
}

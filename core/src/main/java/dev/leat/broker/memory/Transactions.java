package dev.leat.broker.memory;

import dev.leat.BadMessage;
import dev.leat.Dialect;
import dev.leat.LeatException;
import dev.leat.StreamRef;
import dev.leat.broker.Append;
import dev.leat.broker.Capability;
import dev.leat.broker.Completion;
import dev.leat.broker.Note;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What changes streams, all of it or nothing. Any thread. */
final class Transactions {
  private static final Logger log = LoggerFactory.getLogger(Transactions.class);

  private final MemoryBroker broker;
  private final StreamRegistry streams;
  private final Notes notes;
  private final Journal journal;
  private final Limits limits;
  private final RecordedReplies recorded;

  /** Of a broker whose these are. */
  Transactions(
      MemoryBroker broker,
      StreamRegistry streams,
      Notes notes,
      Journal journal,
      Limits limits,
      RecordedReplies recorded) {
    this.broker = broker;
    this.streams = streams;
    this.notes = notes;
    this.journal = journal;
    this.limits = limits;
    this.recorded = recorded;
  }

  /** Takes an entry out and appends another, both or neither. */
  CompletionStage<Boolean> move(StreamRef stream, String entryId, Append to) {
    return move(stream, to, source -> source.has(entryId), entryId);
  }

  /** The same, of what no group was handed. */
  CompletionStage<Boolean> moveUntaken(StreamRef stream, String entryId, Append to) {
    return move(stream, to, source -> source.isUntouched(entryId), entryId);
  }

  private CompletionStage<Boolean> move(
      StreamRef stream, Append to, Predicate<MemoryStream> isMovable, String entryId) {
    MemoryStream source = streams.existing(stream);
    MemoryStream target = streams.get(to.stream());
    long position =
        changing(
            changes ->
                MemoryStream.whileLocked(
                    inOrder(List.of(source, target)),
                    () -> {
                      if (!isMovable.test(source)) {
                        return -1L;
                      }
                      // A stream that is full refuses, and nothing has changed.
                      var unusedId = target.add(to.message(), changes);
                      source.remove(entryId, changes);
                      return journal.write(changes);
                    }));
    if (position < 0) {
      return CompletableFuture.completedStage(false);
    }
    target.handOver();
    return journal.after(position, true);
  }

  /**
   * Appends all of it or nothing.
   *
   * @param then has what was appended to a stream handed over, now or soon
   */
  CompletionStage<List<String>> append(List<Append> batch, Consumer<MemoryStream> then) {
    return Answers.of(
        () -> {
          refuseOtherDialects(batch);
          return batch.size() == 1 ? appended(batch.getFirst(), then) : appended(batch, then);
        });
  }

  private void refuseOtherDialects(List<Append> batch) {
    for (Append append : batch) {
      if (append.dialect() != Dialect.PACKED) {
        broker.require(Capability.NAMED_DIALECT);
      }
    }
  }

  private CompletionStage<List<String>> appended(Append append, Consumer<MemoryStream> then) {
    MemoryStream stream = streams.target(append.stream());
    record(ofLanes(List.of(append), true));
    if (stream == null) {
      return CompletableFuture.completedStage(List.of(""));
    }
    MemoryStream.Appended appended = changing(changes -> stream.append(append.message(), changes));
    then.accept(stream);
    return journal.after(appended.position(), List.of(appended.id()));
  }

  private CompletionStage<List<String>> appended(List<Append> batch, Consumer<MemoryStream> then) {
    List<@Nullable MemoryStream> targets = targets(batch);
    List<MemoryStream> locked = inOrder(targets);
    List<String> ids = new ArrayList<>(batch.size());
    long position =
        changing(
            changes ->
                MemoryStream.whileLocked(
                    locked,
                    () -> {
                      ids.addAll(added(batch, targets, changes));
                      return recorded.write(ofLanes(batch, true), changes);
                    }));
    locked.forEach(then);
    return journal.after(position, ids);
  }

  /** Where each goes; null where nobody is there. */
  private List<@Nullable MemoryStream> targets(List<Append> batch) {
    if (batch.isEmpty()) {
      return List.of();
    }
    List<@Nullable MemoryStream> targets = new ArrayList<>(batch.size());
    for (Append append : batch) {
      targets.add(streams.target(append.stream()));
    }
    return targets;
  }

  private static List<String> added(
      List<Append> batch, List<@Nullable MemoryStream> targets, Changes changes) {
    if (batch.isEmpty()) {
      return List.of();
    }
    List<String> ids = new ArrayList<>(batch.size());
    int done = 0;
    try {
      for (; done < batch.size(); done++) {
        MemoryStream stream = targets.get(done);
        ids.add(stream == null ? "" : stream.add(batch.get(done).message(), changes));
      }
      return ids;
    } catch (LeatException refused) {
      for (MemoryStream before : targets.subList(0, done)) {
        if (before != null) {
          before.takeBack();
        }
      }
      throw refused;
    }
  }

  /** All of it or nothing, and once. */
  CompletionStage<Boolean> complete(
      MemoryStream stream, MemoryDelivery delivery, Completion completion) {
    return Answers.of(
        () -> {
          refuseOtherDialects(completion.appends());
          return completed(stream, delivery, completion);
        });
  }

  /**
   * What only a lane hears, which ends with this process, it hears once the rest is done and on the
   * disk: its stream refuses nothing but what is too large.
   */
  private CompletionStage<Boolean> completed(
      MemoryStream stream, MemoryDelivery delivery, Completion completion) {
    streams.refuseIfClosed();
    List<Append> replies = ofLanes(completion.appends(), true);
    replies.forEach(this::refuseTooLarge);
    List<Append> kept = ofLanes(completion.appends(), false);
    List<@Nullable MemoryStream> targets = targets(kept);
    boolean[] another = new boolean[1];
    long position =
        changing(
            changes ->
                MemoryStream.whileLocked(
                    inOrder(targets, stream),
                    () -> {
                      if (!stream.holds(delivery)) {
                        return -1L;
                      }
                      var unusedIds = added(kept, targets, changes);
                      another[0] = stream.take(delivery, changes);
                      return written(completion.notes(), replies, changes);
                    }));
    if (position < 0) {
      return CompletableFuture.completedStage(false);
    }
    for (MemoryStream target : targets) {
      if (target != null) {
        target.handOver();
      }
    }
    if (another[0]) {
      stream.handOver();
    }
    CompletionStage<Boolean> done = journal.after(position, true);
    return replies.isEmpty() ? done : done.thenApply(ended -> told(replies));
  }

  private boolean told(List<Append> replies) {
    for (Append reply : replies) {
      try {
        tell(reply);
      } catch (LeatException failure) {
        log.warn("message={} its reply is lost", reply.message().id(), failure);
      }
    }
    return true;
  }

  /** What it is told was written down before. */
  private void tell(Append reply) {
    MemoryStream lane = streams.target(reply.stream());
    if (lane != null) {
      var unusedId = lane.add(reply.message(), Changes.NONE);
      lane.handOver();
    }
  }

  /** Once the rest is on the disk it is too late. */
  private void refuseTooLarge(Append reply) {
    int size = reply.message().payload().size();
    if (size > limits.bytes()) {
      throw new BadMessage(
          "a reply of %d bytes is more than a stream of the embedded broker holds, which is %d"
              .formatted(size, limits.bytes()));
    }
  }

  /** Hot path: most completions have one reply, to a lane. */
  private List<Append> ofLanes(List<Append> appends, boolean wanted) {
    return switch (appends.size()) {
      case 0 -> appends;
      case 1 -> streams.isOfLane(appends.getFirst().stream()) == wanted ? appends : List.of();
      default -> appends.stream().filter(one -> streams.isOfLane(one.stream()) == wanted).toList();
    };
  }

  private long written(List<Note> written, List<Append> replies, Changes changes) {
    return written.isEmpty()
        ? recorded.write(replies, changes)
        : notes.whileLocked(
            () -> {
              notes.write(written, changes);
              return recorded.write(replies, changes);
            });
  }

  /** Nobody waits for it to be on the disk. */
  private void record(List<Append> replies) {
    if (!replies.isEmpty() && journal.keeps()) {
      var unusedPosition = changing(changes -> recorded.write(replies, changes));
    }
  }

  private static List<MemoryStream> inOrder(
      List<@Nullable MemoryStream> targets, MemoryStream own) {
    if (targets.isEmpty()) {
      return List.of(own);
    }
    List<@Nullable MemoryStream> all = new ArrayList<>(targets);
    all.add(own);
    return inOrder(all);
  }

  /** As they are locked, each once. */
  private static List<MemoryStream> inOrder(List<@Nullable MemoryStream> some) {
    Map<Long, MemoryStream> byNumber = new TreeMap<>();
    for (MemoryStream one : some) {
      if (one != null) {
        byNumber.put(one.number(), one);
      }
    }
    return List.copyOf(byNumber.values());
  }

  /** Does something that is written down. */
  <T> T changing(Function<Changes, T> action) {
    Changes changes = journal.begin();
    try {
      return action.apply(changes);
    } finally {
      journal.end();
    }
  }
}

package dev.leat.caller;

import dev.leat.BadReply;
import dev.leat.BrokerUnavailable;
import dev.leat.Cancelled;
import dev.leat.DeadlineExceeded;
import dev.leat.DeadlineExceeded.Begun;
import dev.leat.Durations;
import dev.leat.Headers;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.MessageId;
import dev.leat.Payload;
import dev.leat.Telemetry;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.BrokenEntry;
import dev.leat.broker.Broker;
import dev.leat.broker.Cancellation;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Lane;
import dev.leat.broker.ReplyListener;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls in flight on one event loop. Hot path: confined to that loop, no locks; a reply is taken
 * only for an id that is waited for, and only once.
 */
public final class PendingCalls implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PendingCalls.class);

  /** Calls that waited on a shared stream, of which late replies are known as such. */
  private static final int REMEMBERED = 4_096;

  private final Telemetry telemetry;
  private final Broker broker;
  private final EventLoop loop;
  private final MessageId ids;
  private final String source;
  private final Lane lane;
  private final Map<String, PendingCall> pending = new HashMap<>();
  private final ReplyFaults faults;

  /** How many there are, for other threads, which may see it a moment later. */
  private final AtomicInteger waiting = new AtomicInteger();

  private final Deadlines deadlines;
  private final ExpiredCalls expired;
  private final Consumer<PendingCall> onCancel = this::cancel;

  /** The deadline that was written last: of calls that come together it is often the same. */
  private long lastDeadline;

  private String lastDeadlineText = "0";
  private final AtomicLong lateReplies = new AtomicLong();

  /** Ids of calls that waited on a shared stream: what comes for them there is not others'. */
  private final Set<String> endedOnShared =
      Collections.newSetFromMap(
          new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
              return size() > REMEMBERED;
            }
          });

  private boolean closed;

  /** Who hears what readers of parts say. */
  private volatile Predicate<Message> received = said -> false;

  /**
   * Opens a lane on a loop. Call on that loop.
   *
   * @param name of the lane, like no other
   * @param source what its messages say they come from
   * @param telemetry told of each
   */
  public PendingCalls(
      Broker broker,
      EventLoop loop,
      MessageId ids,
      String name,
      String source,
      Telemetry telemetry) {
    this.telemetry = telemetry;
    this.broker = broker;
    this.loop = loop;
    this.ids = ids;
    this.source = source;
    this.faults = new ReplyFaults(loop.clock());
    this.deadlines = new Deadlines(loop, this::expire);
    this.expired = new ExpiredCalls(broker, loop, this::onExpired);
    this.lane = broker.openLane(loop, name, new OwnReplies());
  }

  /** Who is told of what is sent. Any thread. */
  public Telemetry telemetry() {
    return telemetry;
  }

  /** An id for a message that is to be sent. Any thread. */
  public String nextId() {
    return ids.next();
  }

  /**
   * Sends a request and waits for its reply, without blocking.
   *
   * @param id of {@link #nextId}, used once
   * @param target if its replies are shared, hand them to {@link #onSharedReplies}
   * @param headers of the request; the deadline is added
   * @param deadline when nobody waits any more; in the past, the call fails at once
   */
  public PendingCall call(
      String id,
      Target target,
      Headers headers,
      Payload payload,
      Instant deadline,
      CallListener listener) {
    PendingCall call = new PendingCall(onCancel, id, target, listener);
    if (closed) {
      soon(() -> listener.onFailure(closedFailure()));
      return call;
    }
    long until = Durations.epochMillis(deadline);
    pending.put(call.id(), call);
    count();
    if (until <= loop.clock().millis()) {
      loop.execute(() -> fail(call, late(call, Begun.NO)));
      return call;
    }
    deadlines.add(call, until);
    Headers withDeadline = headers.with(Headers.DEADLINE, written(ofBroker(until)));
    append(
        target,
        new Message(call.id(), target.type(), replyTo(target), withDeadline, source, payload),
        entry -> accepted(call, entry),
        failure -> fail(call, failure));
    return call;
  }

  private String replyTo(Target target) {
    return target.sharedReplies()
        ? broker.addressOf(target.topic().sharedReplies())
        : lane.replyAddress(target.topic());
  }

  private void accepted(PendingCall call, String entry) {
    call.accepted(entry);
    if (!call.isOver()) {
      call.listener().onAccepted();
    } else if (call.isCancelled()) {
      tellWorkers(call);
    }
  }

  /** Where replies about a topic come in, for others than calls. Any thread. */
  public CompletionStage<String> replyAddress(Topic topic) {
    return CompletableFuture.supplyAsync(() -> lane.replyAddress(topic), loop);
  }

  /** Appends something for somebody else, in the order in which it is given. Any thread. */
  public CompletionStage<?> append(Append one) {
    CompletableFuture<Object> appended = new CompletableFuture<>();
    try {
      loop.execute(
          () -> {
            var unused =
                lane.append(List.of(one))
                    .whenComplete(
                        (ids, failure) -> {
                          if (failure == null) {
                            appended.complete(ids);
                          } else {
                            appended.completeExceptionally(leatException(failure));
                          }
                        });
          });
    } catch (RejectedExecutionException ended) {
      appended.completeExceptionally(new Cancelled("the caller was closed", ended));
    }
    return appended;
  }

  /**
   * Whoever takes what readers of parts say to their writer; before the first is written. Any
   * thread.
   *
   * @param taken tells whether it was for one of them
   */
  public void onReceived(Predicate<Message> taken) {
    received = taken;
  }

  /**
   * Sends a message that wants no reply.
   *
   * @param id of {@link #nextId}, used once
   * @param accepted told once the broker has it
   * @param refused told if the broker will not have it
   */
  public void send(
      String id,
      Target target,
      Headers headers,
      Payload payload,
      Runnable accepted,
      Consumer<LeatException> refused) {
    if (closed) {
      soon(() -> refused.accept(closedFailure()));
      return;
    }
    append(
        target,
        new Message(id, target.type(), "", headers, source, payload),
        entry -> accepted.run(),
        refused);
  }

  /** A loop that has ended meanwhile takes nothing more: whoever waits is told all the same. */
  private void soon(Runnable action) {
    try {
      loop.execute(action);
    } catch (RejectedExecutionException ended) {
      action.run();
    }
  }

  /** The same moment by the clock of the broker, which workers go by. */
  private long ofBroker(long moment) {
    long ahead = broker.clockAhead().toMillis();
    return moment == Long.MAX_VALUE ? moment : moment + ahead;
  }

  private String written(long deadline) {
    if (deadline != lastDeadline) {
      lastDeadline = deadline;
      lastDeadlineText = Long.toString(deadline);
    }
    return lastDeadlineText;
  }

  /** Calls that wait for their reply. Any thread. */
  public int size() {
    return waiting.get();
  }

  /** Replies that nobody waited for, because they were late or came twice. Any thread. */
  public long lateReplies() {
    return lateReplies.get();
  }

  /** Ends the lane; calls that still wait fail with {@link Cancelled}. */
  @Override
  public void close() {
    closed = true;
    lane.close();
    new ArrayList<>(pending.values()).forEach(call -> fail(call, closedFailure()));
    expired.close();
  }

  /** Whether the call was still waiting; it is not any more. */
  boolean end(PendingCall call) {
    deadlines.remove(call);
    call.over();
    boolean waited = pending.remove(call.id(), call);
    count();
    if (waited && call.target().sharedReplies()) {
      endedOnShared.add(call.id());
    }
    return waited;
  }

  /**
   * Tells the topic's workers, unless the call has ended before. Those that answer on the shared
   * stream would not understand it.
   */
  private void cancel(PendingCall call) {
    if (expired.remove(call)) {
      count();
      return;
    }
    if (end(call) && !closed && call.isAnsweredBy(null)) {
      call.cancelled();
      tellWorkers(call);
    }
  }

  /** Once it has its place, by which workers know it from one that is sent again. */
  private void tellWorkers(PendingCall call) {
    @Nullable String entry = call.entryId();
    if (entry == null || closed) {
      return;
    }
    var unused =
        lane.cancel(call.target().topic(), Cancellation.of(call.id(), entry))
            .whenComplete(
                (told, failure) -> {
                  if (failure != null) {
                    log.debug("workers could not be told that nobody waits", failure);
                  }
                });
  }

  private static Telemetry.Outgoing outgoing(Target target, Message message) {
    return new Telemetry.Outgoing(
        target.topic(), message.type(), message.id(), message.wantsReply(), message.headers());
  }

  private void append(
      Target target, Message given, Consumer<String> accepted, Consumer<LeatException> refused) {
    Telemetry.Sent sent = Telemetry.Sent.NONE;
    Message message = given;
    if (telemetry.isOn()) {
      sent = telemetry.sending(outgoing(target, given));
      message = given.withHeaders(sent.addTo(given.headers()));
    }
    Telemetry.Sent told = sent;
    var unused =
        lane.append(List.of(new Append(target.stream(), message, target.dialect())))
            .whenComplete(
                (ids, failure) -> {
                  told.ended(failure);
                  if (failure == null) {
                    accepted.accept(ids.getFirst());
                  } else {
                    refused.accept(leatException(failure));
                  }
                });
  }

  /**
   * Takes those of a topic's shared replies that are waited for here. Call on the loop.
   *
   * @param topic whose they are; a call of another does not take them
   */
  void onSharedReplies(Topic topic, List<Message> replies) {
    onReplies(topic, replies, endedOnShared::contains);
  }

  /** What nobody waits for on its own stream is late; on a shared one it is somebody else's. */
  private final class OwnReplies implements ReplyListener {
    @Override
    public void onReplies(List<Message> replies) {
      PendingCalls.this.onReplies(null, replies, id -> true);
    }

    @Override
    public void onBroken(BrokenEntry broken) {
      PendingCalls.this.onBroken(null, broken);
    }
  }

  private @Nullable PendingCall waiting(@Nullable Topic shared, String id) {
    PendingCall call = pending.get(id);
    return call != null && call.isAnsweredBy(shared) ? call : null;
  }

  /**
   * It is an answer all the same: nobody has to wait for another. Call on the loop.
   *
   * @param shared the topic whose shared replies it was read from; null for the lane
   */
  void onBroken(@Nullable Topic shared, BrokenEntry broken) {
    PendingCall call = waiting(shared, broken.messageId());
    if (call != null) {
      faults.found(broken.source(), call.target().topic(), broken.cause());
      fail(call, new BadReply("the reply breaks the protocol: " + broken.cause()));
    }
  }

  /**
   * Takes what is waited for.
   *
   * @param ours tells by its id whether what nobody waits for is late, rather than somebody else's
   */
  private void onReplies(@Nullable Topic shared, List<Message> replies, Predicate<String> ours) {
    for (Message reply : replies) {
      if (!onReply(shared, reply) && ours.test(reply.id())) {
        lateReplies.incrementAndGet();
      }
    }
  }

  private boolean onReply(@Nullable Topic shared, Message reply) {
    if (reply.headers().has(Headers.RECEIVED)) {
      // Who writes may be in the same process as who reads.
      return received.test(reply);
    }
    PendingCall call = waiting(shared, reply.id());
    if (call == null) {
      return false;
    }
    try {
      if (!isWhole(call, reply)) {
        return true;
      }
      end(call);
      call.listener().onReply(reply);
    } catch (RuntimeException | Error failure) {
      // Others have their replies in the same batch.
      log.error("message={} its reply could not be taken", reply.id(), failure);
    }
    return true;
  }

  /** Whether nothing is to come any more; parts have been taken. */
  private boolean isWhole(PendingCall call, Message reply) {
    if (call.listener() instanceof PartListener parts) {
      return parts.isWhole(reply);
    }
    if (reply.isPart()) {
      fail(call, new BadReply("the reply comes in parts, which were not asked for"));
      return false;
    }
    return true;
  }

  /**
   * Whether a worker has it is worth a question, which is asked for all that expire together. Those
   * that answer on the shared stream may read without a group, and know of no deadline.
   */
  private void expire(PendingCall call) {
    if (call.entryId() == null || call.target().sharedReplies()) {
      fail(call, late(call, Begun.UNKNOWN));
    } else if (end(call)) {
      expired.add(call);
      count();
    }
  }

  private void onExpired(PendingCall call, Begun begun) {
    count();
    tell(call, late(call, begun));
  }

  private static DeadlineExceeded late(PendingCall call, Begun begun) {
    Target target = call.target();
    return new DeadlineExceeded(
        "no reply of %s to %s in time%s"
            .formatted(
                target.topic(), target.type(), begun == Begun.NO ? ": no worker has taken it" : ""),
        begun);
  }

  private void fail(PendingCall call, LeatException failure) {
    if (end(call)) {
      tell(call, failure);
    }
  }

  private static void tell(PendingCall call, LeatException failure) {
    try {
      call.listener().onFailure(failure);
    } catch (RuntimeException | Error thrown) {
      log.error("message={} its failure could not be taken", call.id(), thrown);
    }
  }

  private void count() {
    waiting.lazySet(pending.size() + expired.size());
  }

  private static LeatException closedFailure() {
    return new Cancelled("the caller was closed");
  }

  private static LeatException leatException(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof LeatException known
        ? known
        : BrokerUnavailable.inTheMidst("the broker failed to append", failure);
  }
}

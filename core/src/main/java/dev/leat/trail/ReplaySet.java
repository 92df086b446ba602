package dev.leat.trail;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.MessageId;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.Entry;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * What a replay is to send, in a stream of its own: what was sent is not there any more. With it
 * the replies that are recorded, in the same order, and those that come. Blocks; one thread.
 */
final class ReplaySet {
  /** Milliseconds that a request had from when it was accepted until nobody waited any more. */
  private static final String PATIENCE = "replay.patience";

  /** Questions to the broker that are under way at a time, and bytes of their payloads. */
  private static final int WINDOW = 256;

  private static final long WINDOW_BYTES = 8 << 20;

  /** Headers that a message gets by being sent again, and bytes of theirs. */
  private static final int OWN_HEADERS = 4;

  private static final int OWN_BYTES = 1_000;

  /** Of each: quotes, a colon and a comma. */
  private static final int OWN_SIGNS = 6;

  /** As many bytes of headers as whoever reads a message takes, whatever they come to as JSON. */
  private static final int MOST_BYTES = 256 << 10;

  private final Broker broker;
  private final String id;
  private final Topic topic;

  ReplaySet(Broker broker, String id) {
    this.broker = broker;
    this.id = id;
    this.topic = InternalTopics.replay(id);
  }

  String id() {
    return id;
  }

  /** Where its replies go, which are its own: whoever asked first hears none of them. */
  String replyAddress() {
    return broker.addressOf(replies());
  }

  StreamRef replies() {
    return topic.sharedReplies();
  }

  StreamRef recorded() {
    return InternalTopics.recorded(id).incoming();
  }

  /** Adds requests, with the replies to them that are recorded. */
  void add(List<RecordedRequests.Chosen> portion, ReplayPlan plan, MessageId ids) {
    List<Append> all = new ArrayList<>();
    for (RecordedRequests.Chosen one : portion) {
      Message request = again(one.request(), plan, ids.next());
      one.reply()
          .ifPresent(
              reply ->
                  all.add(
                      new Append(
                          recorded(),
                          new Message(
                              request.id(),
                              request.type(),
                              "",
                              reply.headers().with(Headers.REPLAY_OF, one.request().message().id()),
                              reply.source(),
                              reply.payload()))));
      all.add(new Append(topic.incoming(), request));
    }
    inWindow(all, one -> one.message().payload().size(), broker::append);
  }

  /** Whether it can still be read with what it gets by being sent again. */
  static boolean isSendable(Message recorded) {
    long[] bytes = {OWN_BYTES};
    recorded
        .headers()
        .forEach((name, value) -> bytes[0] += OWN_SIGNS + written(name) + written(value));
    return recorded.headers().size() + OWN_HEADERS <= Headers.MOST && bytes[0] <= MOST_BYTES;
  }

  /** Bytes that a text takes at most, as a string of JSON. */
  private static long written(String text) {
    return text.chars().mapToLong(sign -> sign < ' ' ? 6 : sign < 128 ? 2 : 3).sum();
  }

  /** The same request, as if it were another: nothing of it points to who asked first. */
  private Message again(Entry recorded, ReplayPlan plan, String newId) {
    Message was = recorded.message();
    Headers.Builder headers =
        was.headers().without(ReplaySet::isOfItsTime).toBuilder()
            .set(Headers.REPLAY, id)
            .set(Headers.REPLAY_OF, was.id());
    was.headers()
        .get(Headers.IDEMPOTENCY_KEY)
        .filter(key -> plan.keys() == ReplayPlan.Keys.ANEW)
        .ifPresent(key -> headers.set(Headers.IDEMPOTENCY_KEY, id + ":" + key));
    if (!plan.group().isEmpty()) {
      headers.set(Headers.GROUP, plan.group());
    }
    switch (plan.deadlines()) {
      case ANEW ->
          was.headers()
              .deadline()
              .ifPresent(
                  deadline ->
                      headers.set(
                          PATIENCE,
                          Long.toString(patience(deadline.toEpochMilli(), recorded.at()))));
      case KEEP ->
          was.headers()
              .get(Headers.DEADLINE)
              .ifPresent(deadline -> headers.set(Headers.DEADLINE, deadline));
      case NONE -> {}
    }
    return new Message(newId, was.type(), "", headers.build(), was.source(), was.payload());
  }

  private static long patience(long deadline, long accepted) {
    return deadline == Long.MAX_VALUE ? deadline : Math.max(0, deadline - accepted);
  }

  private static boolean isOfItsTime(String header) {
    return switch (header) {
      case Headers.DEADLINE,
          Headers.ENTRY,
          Headers.CAUSE,
          Headers.TRACEPARENT,
          Headers.TRACESTATE,
          "baggage",
          "b3",
          "uber-trace-id",
          PATIENCE ->
          true;
      default -> header.startsWith("X-B3-");
    };
  }

  /** The next that are to be sent, oldest first. */
  List<Entry> next(int limit) {
    return StreamScan.result(broker.range(topic.incoming(), Position.START, limit));
  }

  /** How many were not sent yet. */
  long left() {
    return StreamScan.result(broker.health(topic.incoming())).length().orElse(0);
  }

  /**
   * Sends some.
   *
   * @param destination where their replies go; empty for nowhere
   * @param now by the broker's clock
   * @return how many; others are sent by somebody else
   */
  long send(List<Entry> entries, Topic into, String destination, Instant now) {
    List<Boolean> moved =
        inWindow(
            entries,
            entry -> entry.message().payload().size(),
            entry ->
                broker.move(
                    topic.incoming(),
                    entry.id(),
                    new Append(into.incoming(), sent(entry.message(), destination, now))));
    return moved.stream().filter(done -> done).count();
  }

  private static Message sent(Message waiting, String destination, Instant now) {
    Headers headers = waiting.headers();
    if (headers.has(PATIENCE)) {
      long patience = Long.parseLong(headers.get(PATIENCE).orElseThrow());
      headers =
          headers
              .without(PATIENCE::equals)
              .with(Headers.DEADLINE, Long.toString(later(now.toEpochMilli(), patience)));
    }
    return new Message(
        waiting.id(), waiting.type(), destination, headers, waiting.source(), waiting.payload());
  }

  /** For ever stays for ever. */
  private static long later(long now, long patience) {
    return patience > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + patience;
  }

  /** Has no more sent, and says how many were left. */
  long dropUnsent() {
    return StreamScan.result(broker.trim(topic.incoming(), 0));
  }

  /** Takes back what was sent and nobody has begun, where that can be told. */
  Replays.Undone takeBack(Replays.State state, long unsent) {
    if (!broker.capabilities().contains(Capability.EXACT_BACKLOG)) {
      return new Replays.Undone(unsent, 0, Math.max(0, state.requests() - unsent));
    }
    StreamRef sentTo = state.plan().into().incoming();
    List<Entry> sent = new ArrayList<>();
    StreamScan.forEach(
        broker,
        sentTo,
        Position.at(state.began()),
        StreamScan.EVER,
        Long.MAX_VALUE,
        entry -> {
          if (entry.message().headers().get(Headers.REPLAY).filter(id::equals).isPresent()) {
            sent.add(new Entry(entry.id(), entry.message().withoutPayload(), entry.at()));
          }
          return true;
        });
    // The newest first: what is taken meanwhile is the oldest.
    List<Boolean> back =
        inWindow(
            sent.reversed(),
            entry -> 0,
            entry ->
                broker.moveUntaken(
                    sentTo, entry.id(), new Append(topic.deadLetters(), entry.message())));
    long takenBack = back.stream().filter(done -> done).count();
    return new Replays.Undone(
        unsent, takenBack, Math.max(0, state.requests() - unsent - takenBack));
  }

  /** Replies that came when all was over. */
  CompletionStage<Long> dropReplies() {
    return broker.trim(replies(), 0);
  }

  /** Nothing is left of it. */
  void drop() {
    for (StreamRef stream : List.of(topic.incoming(), recorded(), replies(), topic.deadLetters())) {
      StreamScan.result(broker.trim(stream, 0));
    }
  }

  /** Asks something for each, some at a time. */
  private static <T, R> List<R> inWindow(
      List<T> all, ToLongFunction<T> size, Function<T, CompletionStage<R>> question) {
    List<R> answers = new ArrayList<>(all.size());
    Deque<CompletionStage<R>> asked = new ArrayDeque<>();
    Deque<Long> sizes = new ArrayDeque<>();
    long bytes = 0;
    for (T one : all) {
      long own = size.applyAsLong(one);
      while (asked.size() == WINDOW || (!asked.isEmpty() && bytes + own > WINDOW_BYTES)) {
        answers.add(StreamScan.result(asked.removeFirst()));
        bytes -= sizes.removeFirst();
      }
      asked.add(question.apply(one));
      sizes.add(own);
      bytes += own;
    }
    asked.forEach(one -> answers.add(StreamScan.result(one)));
    return answers;
  }
}

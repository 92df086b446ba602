package dev.leat.caller;

import dev.leat.BadMessage;
import dev.leat.BadReply;
import dev.leat.Caller;
import dev.leat.Cancelled;
import dev.leat.Durations;
import dev.leat.HandlerFailed;
import dev.leat.Headers;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.Parts;
import dev.leat.Payload;
import dev.leat.Request;
import dev.leat.Topic;
import dev.leat.broker.EventLoop;
import dev.leat.broker.UnreadTopics;
import dev.leat.wire.PayloadCodec;
import dev.leat.wire.ProblemReply;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Takes calls from any thread to the one loop that their pending entries live on. */
public final class LaneCaller implements Caller {
  private final EventLoop loop;
  private final PendingCalls calls;
  private final UnreadTopics unread;
  private final Headers headers;

  /**
   * A caller over calls that live on a loop.
   *
   * @param unread told which topics are sent to
   * @param headers that every message carries
   */
  public LaneCaller(EventLoop loop, PendingCalls calls, UnreadTopics unread, Headers headers) {
    this.loop = loop;
    this.calls = calls;
    this.unread = unread;
    this.headers = headers;
  }

  @Override
  public <R> R call(String topic, String type, Object payload, Class<R> reply, Duration timeout) {
    refuseOnLoop();
    return read(await(start(topic, type, payload, timeout)), reply);
  }

  @Override
  public <R> CompletionStage<R> callAsync(
      String topic, String type, Object payload, Class<R> reply, Duration timeout) {
    CompletableFuture<Message> begun;
    try {
      begun = start(topic, type, payload, timeout);
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
    // What depends on the result must not run on the loop, where it might block everybody; that of
    // a failure neither.
    CompletableFuture<R> result =
        begun.handleAsync(
            (answer, failure) -> read(answer, failure, reply), Thread::startVirtualThread);
    var unused =
        result.whenComplete(
            (value, failure) -> {
              if (result.isCancelled()) {
                begun.cancel(false);
              }
            });
    return result;
  }

  @Override
  public <R> Parts<R> stream(
      String topic, String type, Object payload, Class<R> part, Duration timeout) {
    refuseOnLoop();
    Target to = Target.of(Topic.of(topic), type);
    Headers sent = inherited().with(Headers.PARTS, Integer.toString(PartReader.AHEAD));
    Payload written = PayloadCodec.write(payload);
    Instant deadline = deadline(timeout);
    String id = calls.nextId();
    unread.sentTo(to.topic());
    PartReader<R> reader =
        new PartReader<>(
            message -> read(message, part),
            loop::execute,
            said -> {
              var unused = calls.append(said);
            });
    try {
      loop.execute(() -> reader.waitFor(calls.call(id, to, sent, written, deadline, reader)));
    } catch (RejectedExecutionException ended) {
      throw new Cancelled("the caller was closed", ended);
    }
    return reader;
  }

  @Override
  public String send(String topic, String type, Object payload) {
    refuseOnLoop();
    Target to = Target.of(Topic.of(topic), type);
    Headers sent = inherited();
    Payload written = PayloadCodec.write(payload);
    String id = calls.nextId();
    unread.sentTo(to.topic());
    CompletableFuture<String> accepted = new CompletableFuture<>();
    onLoop(
        accepted,
        () ->
            calls.send(
                id,
                to,
                sent,
                written,
                () -> accepted.complete(id),
                accepted::completeExceptionally));
    return await(accepted);
  }

  @Override
  public Caller with(Headers more) {
    Headers.Builder all = headers.toBuilder();
    more.forEach(all::set);
    return new LaneCaller(loop, calls, unread, all.build());
  }

  private CompletableFuture<Message> start(
      String topic, String type, Object payload, Duration timeout) {
    Target to = Target.of(Topic.of(topic), type);
    Headers sent = inherited();
    Payload written = PayloadCodec.write(payload);
    Instant deadline = deadline(timeout);
    Answer answer = new Answer(loop);
    String id = calls.nextId();
    unread.sentTo(to.topic());
    onLoop(answer, () -> answer.waitFor(calls.call(id, to, sent, written, deadline, answer)));
    return answer;
  }

  /** A loop that has ended takes nothing more: whoever waits is told, as by one that is ending. */
  private void onLoop(CompletableFuture<?> waiting, Runnable task) {
    try {
      loop.execute(
          () -> {
            try {
              task.run();
            } catch (Throwable failure) {
              waiting.completeExceptionally(failure);
            }
          });
    } catch (RejectedExecutionException ended) {
      waiting.completeExceptionally(new Cancelled("the caller was closed", ended));
    }
  }

  /** A call as a future; whoever cancels it frees its pending entry. */
  private static final class Answer extends CompletableFuture<Message> implements CallListener {
    private final EventLoop loop;

    /** Confined to the loop. */
    private @Nullable PendingCall call;

    Answer(EventLoop loop) {
      this.loop = loop;
    }

    void waitFor(PendingCall begun) {
      call = begun;
    }

    @Override
    public boolean cancel(boolean mayInterrupt) {
      try {
        loop.execute(this::abandon);
      } catch (RejectedExecutionException ended) {
        // With the loop all of its calls have ended.
      }
      return super.cancel(mayInterrupt);
    }

    private void abandon() {
      if (call != null) {
        call.cancel();
      }
    }

    @Override
    public void onReply(Message reply) {
      complete(reply);
    }

    @Override
    public void onFailure(LeatException failure) {
      completeExceptionally(failure);
    }
  }

  private static <R> R read(@Nullable Message reply, @Nullable Throwable failure, Class<R> kind) {
    if (reply == null) {
      throw failure instanceof LeatException known ? known : new CompletionException(failure);
    }
    return read(reply, kind);
  }

  private static <R> R read(Message reply, Class<R> kind) {
    if (ProblemReply.is(reply)) {
      throw new HandlerFailed(ProblemReply.read(reply));
    }
    try {
      return PayloadCodec.read(reply, kind);
    } catch (BadMessage mismatch) {
      throw new BadReply("the reply to " + reply.id() + ": " + mismatch.getMessage(), mismatch);
    }
  }

  private Instant deadline(Duration timeout) {
    Instant own = Durations.after(loop.clock().instant(), timeout);
    return Request.current()
        .flatMap(Request::deadline)
        .filter(inherited -> inherited.isBefore(own))
        .orElse(own);
  }

  private Headers inherited() {
    Request handled = Request.current().orElse(null);
    if (handled == null) {
      return inTrace(headers);
    }
    Headers.Builder all = Headers.builder().set(Headers.CAUSE, handled.id());
    handled.header(Headers.TRACEPARENT).ifPresent(trace -> all.set(Headers.TRACEPARENT, trace));
    handled.header(Headers.TRACESTATE).ifPresent(state -> all.set(Headers.TRACESTATE, state));
    headers.forEach(all::set);
    return inTrace(all.build());
  }

  /** Whoever says of which trace a message is knows better. */
  private Headers inTrace(Headers all) {
    return headers.has(Headers.TRACEPARENT) ? all : calls.telemetry().current(all);
  }

  private void refuseOnLoop() {
    if (loop.inLoop()) {
      throw new IllegalStateException("this would block the event loop that it waits for");
    }
  }

  private static <T> T await(Future<T> result) {
    try {
      return result.get();
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof LeatException known) {
        throw known;
      }
      throw new IllegalStateException(failed.getCause());
    } catch (InterruptedException interrupted) {
      result.cancel(false);
      Thread.currentThread().interrupt();
      throw new Cancelled("interrupted while waiting for a reply", interrupted);
    }
  }
}

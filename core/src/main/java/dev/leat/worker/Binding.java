package dev.leat.worker;

import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.DeadlineExceeded;
import dev.leat.Encoding;
import dev.leat.Failure;
import dev.leat.Handler;
import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Problem;
import dev.leat.Reply;
import dev.leat.Request;
import dev.leat.StreamFull;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.wire.JsonSyntax;
import dev.leat.wire.PayloadCodec;
import dev.leat.wire.ProblemReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A handler and what its payload is read into; turns a request into a result, whatever happens. */
record Binding<T>(Class<T> payload, Handler<T> handler, Handling handling) {
  private static final Logger log = LoggerFactory.getLogger(Binding.class);

  /** What a message that is sent with a reply has of its request: it is about the same. */
  private static final List<String> HANDED_ON =
      List.of(Headers.KEY, Headers.TRACEPARENT, Headers.TRACESTATE, "baggage", "b3");

  /**
   * Bytes that a reply may have. All that wait for their replies through one gateway share its
   * memory; what is larger belongs into a store, and its address into the reply.
   */
  private static final int LARGEST = 16 << 20;

  /** What handling came to. */
  sealed interface Result {
    /**
     * It is done: the handler's own answer, be it a problem, and what is sent with it. The answer
     * is there even if nobody waits for it.
     */
    record Answered(Message reply, List<Append> sent) implements Result {}

    /** The handler failed, so that there is no answer of its own; with what it threw, if it did. */
    record Failed(Problem problem, @Nullable Throwable cause) implements Result {}

    /** It is not what the handler takes: its sender's mistake. */
    record Refused(Problem problem) implements Result {}

    /** The message itself is broken: no handler can ever make anything of it. */
    record Broken(Problem problem) implements Result {}
  }

  /**
   * Runs the handler on the calling thread. Never throws: whatever a handler throws is a result.
   *
   * @param source what the reply says it comes from
   * @param most bytes of a payload that the broker takes
   * @param parts where answers in parts are written
   */
  Result handle(Request request, String source, long most, PartsOfAnswers parts) {
    T input;
    try {
      input = PayloadCodec.read(request.message(), payload, handling.strict());
    } catch (BadMessage unreadable) {
      return broken(request)
          .orElseGet(
              () ->
                  new Result.Refused(
                      Problem.of(400, "Bad payload", detail(unreadable)).withId(request.id())));
    }
    if (!PayloadCodec.isParsed(payload)) {
      Optional<Result> broken = broken(request);
      if (broken.isPresent()) {
        return broken.get();
      }
    }
    @Nullable Object output;
    try {
      output =
          request.handledBy(
              () ->
                  parts.written(request, handler.handle(input, request), handling, largest(most)));
    } catch (Failure said) {
      return new Result.Failed(said.problem().withId(request.id()), said);
    } catch (DeadlineExceeded late) {
      return failed(
          request, 504, "No reply in time", "a service that was asked did not answer", late);
    } catch (StreamFull | BrokerUnavailable busy) {
      return failed(
          request, 503, "Service unavailable", "a service that was asked is not there", busy);
    } catch (Throwable failure) {
      return failed(
          request, 500, "Handler failed", "the handler of " + request.type() + " failed", failure);
    }
    // Where nobody waits, it does not matter what there would have been to say.
    return output == null && !request.message().wantsReply()
        ? answer(request, Reply.empty(), source, most)
        : answer(request, output, source, most);
  }

  /** What is no JSON breaks the protocol; JSON of another shape is its sender's mistake. */
  private static Optional<Result> broken(Request request) {
    Payload payload = request.message().payload();
    if (payload.encoding() != Encoding.JSON || payload.size() == 0) {
      return Optional.empty();
    }
    return JsonSyntax.fault(payload.bytes())
        .map(fault -> Problem.of(400, "Bad payload", "the payload is not JSON: " + fault))
        .map(problem -> new Result.Broken(problem.withId(request.id())));
  }

  private Result answer(Request request, @Nullable Object output, String source, long most) {
    if (output == null) {
      log.warn("message={} type={} handler returned null", request.id(), request.type());
      return failed(
          request,
          500,
          "Handler failed",
          "the handler of " + request.type() + " returned nothing",
          null);
    }
    try {
      if (!(output instanceof Reply reply)) {
        return sized(request, PayloadCodec.write(output), Headers.NONE, source, List.of(), most);
      }
      List<Append> sent = new ArrayList<>();
      for (Reply.Send send : reply.sends()) {
        sent.add(sent(request, send, sent.size(), source));
      }
      return sized(request, written(request, reply), headers(reply), source, sent, most);
    } catch (RuntimeException | StackOverflowError unwritable) {
      log.warn("message={} type={} unwritable reply", request.id(), request.type(), unwritable);
      return failed(
          request,
          500,
          "Handler failed",
          "what the handler of " + request.type() + " returned cannot be written",
          unwritable);
    }
  }

  private Result sized(
      Request request,
      Payload payload,
      Headers headers,
      String source,
      List<Append> sent,
      long most) {
    long largest = largest(most);
    boolean fits =
        payload.size() <= largest
            && sent.stream().allMatch(one -> one.message().payload().size() <= most);
    if (fits) {
      return new Result.Answered(request.message().reply(headers, source, payload), sent);
    }
    log.warn("message={} type={} reply is too large", request.id(), request.type());
    String detail = "a reply has %d bytes at most".formatted(largest);
    return failed(request, 500, "Handler failed", detail, null);
  }

  private static long largest(long most) {
    return Math.min(LARGEST, most);
  }

  private static Headers headers(Reply reply) {
    Headers.Builder headers = reply.headers().toBuilder();
    if (reply.status() != 200) {
      headers.set(Headers.STATUS, Integer.toString(reply.status()));
    }
    if (reply.body() instanceof Problem) {
      headers.set(Headers.CONTENT_TYPE, ProblemReply.MEDIA_TYPE);
    }
    return headers.build();
  }

  private static Payload written(Request request, Reply reply) {
    return PayloadCodec.write(
        reply.body() instanceof Problem problem ? problem.withId(request.id()) : reply.body());
  }

  /** A message that comes of handling another; its id says of which. */
  private static Append sent(Request request, Reply.Send send, int number, String source) {
    Headers.Builder headers = Headers.builder().set(Headers.CAUSE, request.id());
    for (String name : HANDED_ON) {
      request.header(name).ifPresent(value -> headers.set(name, value));
    }
    return new Append(
        Topic.of(send.topic()).incoming(),
        new Message(
            request.id() + "." + number,
            send.type(),
            "",
            headers.build(),
            source,
            PayloadCodec.write(send.payload())));
  }

  private static Result failed(
      Request request, int status, String title, String detail, @Nullable Throwable cause) {
    return new Result.Failed(Problem.of(status, title, detail).withId(request.id()), cause);
  }

  private static String detail(BadMessage unreadable) {
    return String.valueOf(unreadable.getMessage());
  }
}

package dev.leat.worker;

import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.PartWriter;
import dev.leat.Payload;
import dev.leat.Reply;
import dev.leat.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Writes what handlers answer in parts, to those who read parts, and as one reply to others. */
final class PartsOfAnswers {
  private final SentParts sent;
  private final MemberContext context;

  PartsOfAnswers(SentParts sent, MemberContext context) {
    this.sent = sent;
    this.context = context;
  }

  /**
   * What is left to be said once the parts are written: all of it, where the answer has none.
   *
   * @throws Exception as whoever writes it does
   */
  @Nullable Object written(
      Request request, @Nullable Object output, Handling handling, long largest) throws Exception {
    Reply reply = reply(output);
    if (reply == null || !(reply.body() instanceof PartWriter writer)) {
      return output;
    }
    if (!request.message().wantsReply() || !context.membership().answers()) {
      return new Reply(204, Payload.EMPTY, Headers.NONE, reply.sends());
    }
    if (!request.message().headers().has(Headers.PARTS)) {
      return atOnce(reply, writer);
    }
    if (handling.remembered().isPresent()) {
      throw new IllegalStateException(
          "the handler of %s is idempotent: its answer is kept as one, and cannot come in parts"
              .formatted(request.type()));
    }
    return inParts(request, reply, writer, largest);
  }

  private static @Nullable Reply reply(@Nullable Object output) {
    if (output instanceof Stream<?> parts) {
      return Reply.parts(parts);
    }
    if (output instanceof Flow.Publisher<?> parts) {
      return Reply.parts(parts);
    }
    return output instanceof Reply said ? said : null;
  }

  private static Reply atOnce(Reply reply, PartWriter writer) throws Exception {
    List<Object> all = new ArrayList<>();
    writer.writeTo(all::add);
    return new Reply(reply.status(), all, reply.headers(), reply.sends());
  }

  private Reply inParts(Request request, Reply reply, PartWriter writer, long largest)
      throws Exception {
    AnswerParts parts = sent.begin(request, context.topic(), context.source(), largest);
    try {
      writer.writeTo(parts);
      Headers headers =
          reply.headers().toBuilder()
              .set(Headers.SEQUENCE, Long.toString(parts.end()))
              .set(Headers.END, "true")
              .build();
      return new Reply(reply.status(), Payload.EMPTY, headers, reply.sends());
    } catch (Throwable failed) {
      // Why there are no more is told behind those that there are.
      parts.awaitAccepted();
      throw failed;
    } finally {
      parts.close();
      sent.ended(request, parts);
    }
  }
}

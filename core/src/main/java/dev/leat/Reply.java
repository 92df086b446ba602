package dev.leat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a handler returns when the payload alone does not say it all.
 *
 * @param status the HTTP status, 200 to 599
 * @param body what {@link Handler#handle} may return, but not another reply
 * @param headers of the reply message
 * @param sends messages that are sent with it, in order
 */
public record Reply(int status, Object body, Headers headers, List<Send> sends) {

  /**
   * A message that is sent if, and only if, the reply is.
   *
   * @param topic as {@link Topic#of} reads it
   * @param payload what a reply's body may be, but not a reply
   */
  public record Send(String topic, String type, Object payload) {
    /** Refuses what could not be sent. */
    public Send {
      Topic.of(topic);
      Objects.requireNonNull(type, "a message that is sent needs a type");
      Objects.requireNonNull(payload, "a message that is sent needs a payload");
    }
  }

  /** Refuses a status that is not a final answer. */
  public Reply {
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("a reply's status is 200 to 599, was " + status);
    }
    Objects.requireNonNull(body, "a reply needs a body; Reply.empty() is one that says nothing");
    if (body instanceof Reply) {
      throw new IllegalArgumentException("a reply cannot be the body of a reply");
    }
  }

  /** A reply that nothing is sent with. */
  public Reply(int status, Object body, Headers headers) {
    this(status, body, headers, List.of());
  }

  /** 200 with this body. */
  public static Reply of(Object body) {
    return new Reply(200, body, Headers.NONE);
  }

  /** 201 with this body and where to find it. */
  public static Reply created(String location, Object body) {
    return new Reply(201, body, Headers.NONE).withHttpHeader("location", location);
  }

  /**
   * An answer in parts, which are sent as they are written. Whoever asked for one reply rather than
   * for its parts ({@link Caller#call}) gets all of them as one JSON array.
   *
   * <p>Should the worker die in the midst, the next begins anew, and the reader goes on where it
   * was by the parts' numbers: what is written must be the same.
   */
  public static Reply inParts(PartWriter writer) {
    return of(writer);
  }

  /** The same, of what is iterated over once. */
  public static Reply parts(Iterable<?> parts) {
    return inParts(sink -> parts.forEach(sink::write));
  }

  /** The same; the stream is closed in the end. */
  public static Reply parts(Stream<?> parts) {
    return inParts(
        sink -> {
          try (parts) {
            parts.sequential().forEach(sink::write);
          }
        });
  }

  /** The same, of what is published, asked for as it is read. */
  public static Reply parts(Flow.Publisher<?> parts) {
    return inParts(sink -> new PublishedParts(parts).writeTo(sink));
  }

  /** 204: done, and there is nothing to say. */
  public static Reply empty() {
    return new Reply(204, Payload.EMPTY, Headers.NONE);
  }

  /** The request cannot be answered, and this is why; strangers may read it. */
  public static Reply problem(Problem problem) {
    return new Reply(problem.status(), problem, Headers.of(Headers.ERROR, "true"), List.of());
  }

  /** The same, said with a status, its name and a sentence. */
  public static Reply problem(int status, String title, String detail) {
    return problem(Problem.of(status, title, detail));
  }

  /** The same with another status. */
  public Reply withStatus(int other) {
    return new Reply(other, body, headers, sends);
  }

  /** The same with the payload's media type, where its encoding does not say it. */
  public Reply withContentType(String mediaType) {
    return new Reply(status, body, headers.with(Headers.CONTENT_TYPE, mediaType), sends);
  }

  /** The same with one more header for the HTTP response; there may be several of one name. */
  public Reply withHttpHeader(String name, String value) {
    return new Reply(status, body, headers.adding(httpHeader(name), value), sends);
  }

  /** The same with a header for the HTTP response, instead of those of its name. */
  public Reply replaceHttpHeader(String name, String value) {
    String first = httpHeader(name);
    int many = headers.all(first).size();
    Headers others =
        headers.without(
            known ->
                IntStream.rangeClosed(2, many)
                    .mapToObj(n -> Headers.nth(first, n))
                    .anyMatch(known::equals));
    return new Reply(status, body, others.with(first, value), sends);
  }

  private static String httpHeader(String name) {
    return Headers.HTTP_HEADER + name.toLowerCase(Locale.ROOT);
  }

  /**
   * The same with one more message to be sent, that wants no reply. It is appended together with
   * the reply and the completion of the request, all or nothing: should the worker die before, or
   * its lease be lost, nothing of it has happened. Its id follows from the request's, so that it is
   * the same however often the handler runs. It has the request's {@link Headers#KEY}.
   *
   * @param topic as {@link Topic#of} reads it
   */
  public Reply andSend(String topic, String type, Object payload) {
    List<Send> more = new ArrayList<>(sends);
    more.add(new Send(topic, type, payload));
    return new Reply(status, body, headers, List.copyOf(more));
  }
}

package dev.leat.wire;

import dev.leat.BadReply;
import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Problem;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A reply that says why there is no ordinary one, and the JSON it is written in (RFC 9457). */
public final class ProblemReply {
  /** The media type of a problem. */
  public static final String MEDIA_TYPE = "application/problem+json";

  private static final JsonMapper JSON = JsonMapper.shared();

  private ProblemReply() {}

  /** The reply to a request that failed. */
  public static Message to(Message request, Problem problem, String source) {
    return request.reply(
        Headers.of(
            Headers.STATUS,
            Integer.toString(problem.status()),
            Headers.ERROR,
            "true",
            Headers.CONTENT_TYPE,
            MEDIA_TYPE),
        source,
        payload(problem.withId(request.id())));
  }

  /** Whether a reply says that its request failed. */
  public static boolean is(Message reply) {
    return reply.headers().has(Headers.ERROR);
  }

  /**
   * What a failed request's reply says.
   *
   * @throws BadReply if its payload is no problem
   */
  public static Problem read(Message reply) {
    try {
      JsonNode json = JSON.readTree(reply.payload().bytes());
      return new Problem(
          json.path("type").asString("about:blank"),
          json.path("title").asString("Failed"),
          json.path("status").asInt(500),
          json.path("detail").asString(""),
          reply.id());
    } catch (JacksonException | IllegalArgumentException unreadable) {
      throw new BadReply("the reply says that it failed, but not how", unreadable);
    }
  }

  /** The problem as JSON; members that say nothing are left out. */
  public static Payload payload(Problem problem) {
    ObjectNode json = JSON.createObjectNode();
    if (!problem.type().equals("about:blank")) {
      json.put("type", problem.type());
    }
    json.put("title", problem.title());
    json.put("status", problem.status());
    if (!problem.detail().isEmpty()) {
      json.put("detail", problem.detail());
    }
    if (!problem.id().isEmpty()) {
      json.put("id", problem.id());
    }
    return Payload.of(Encoding.JSON, JSON.writeValueAsBytes(json));
  }
}

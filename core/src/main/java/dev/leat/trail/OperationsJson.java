package dev.leat.trail;

import dev.leat.Message;
import dev.leat.wire.DeadLetter;
import dev.leat.wire.PayloadCodec;
import dev.leat.wire.Redaction;
import dev.leat.wire.ReplyComparison.Difference;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a stack, as programs read it: the same from the command and from the operations
 * API. What is not known is left out.
 */
public final class OperationsJson {
  private OperationsJson() {}

  /** As text. */
  public static String text(Object document) {
    return PayloadCodec.write(document).asText();
  }

  /** A topic, who reads it, and which routes lead there. */
  public static Map<String, Object> topic(TopicView view) {
    return TopicDocument.of(view);
  }

  /**
   * What is in flight.
   *
   * @param before an earlier one, from which rates and trends come; null for none
   */
  public static Map<String, Object> census(Census now, @Nullable Census before) {
    return CensusDocument.of(now, before);
  }

  /** A message that is open. */
  public static Map<String, Object> open(Census.Open open) {
    return CensusDocument.of(open);
  }

  /** How much was in flight at a moment that has passed. */
  public static Map<String, Object> past(PastCensus past) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("topic", past.topic().toString());
    all.put("at", past.at().toString());
    all.put("inFlight", past.inFlight().size());
    all.put("unknown", past.unknown());
    return all;
  }

  /** What is remembered of a request. */
  public static Map<String, Object> trail(Trail trail, Redaction hidden) {
    return new TrailDocument(hidden).map(trail);
  }

  /** All that a message has. */
  public static Map<String, Object> message(Message shown) {
    return MessageDocument.of(shown);
  }

  /** A payload as text; what is no text, in Base64. */
  public static String content(Message shown) {
    return MessageDocument.content(shown);
  }

  /** What was given up. */
  public static Map<String, Object> letter(DeadLetters.Kept kept, Redaction hidden) {
    DeadLetter letter = kept.letter();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("entry", kept.entryId());
    all.put("id", letter.message().id());
    all.put("type", letter.message().type());
    all.put("cause", letter.cause());
    all.put("detail", letter.detail());
    all.put("attempts", letter.attempts());
    all.put("accepted", letter.acceptedAt().toString());
    all.put("at", letter.at().toString());
    all.put("group", letter.group());
    all.put("member", letter.member());
    all.put("stack", letter.stack());
    all.putAll(message(hidden.of(letter.message().type(), letter.message())));
    return all;
  }

  /** How a reply differs from the one that is recorded, in one place. */
  public static Map<String, Object> difference(Difference one) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("where", one.where());
    one.was().ifPresent(was -> all.put("was", was));
    one.is().ifPresent(is -> all.put("is", is));
    return all;
  }

  /** A replay, as it stands. */
  public static Map<String, Object> replay(Replays.State state) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("replay", state.id());
    all.put("by", state.by());
    all.put("began", state.began().toString());
    all.put("phase", state.phase());
    all.put("at", state.at().toString());
    all.put("requests", state.requests());
    all.put("left", state.left());
    all.put("counts", state.counts());
    all.put("plan", state.plan());
    return all;
  }

  /** What somebody had done. */
  public static Map<String, Object> action(AuditLog.Action action) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("at", action.at().toString());
    all.put("id", action.id());
    all.put("action", action.action());
    all.put("topic", action.topic());
    all.put("by", action.by());
    all.put("details", action.entry().payload().asText());
    return all;
  }
}

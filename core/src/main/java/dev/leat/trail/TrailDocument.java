package dev.leat.trail;

import dev.leat.Message;
import dev.leat.wire.Redaction;
import java.util.LinkedHashMap;
import java.util.Map;

/** A trail as programs read it: what is not known is left out, but for the list of that. */
final class TrailDocument {
  private final Redaction hidden;

  TrailDocument(Redaction hidden) {
    this.hidden = hidden;
  }

  Map<String, Object> map(Trail trail) {
    Map<String, Object> all = new LinkedHashMap<>();
    String type = trail.request().type();
    all.put("topic", trail.topic().toString());
    all.put("entry", trail.entryId());
    all.put("accepted", trail.accepted().toString());
    trail.duration().ifPresent(took -> all.put("durationMillis", took.toMillis()));
    all.put("request", MessageDocument.of(hidden.of(type, trail.request())));
    all.put("attempts", trail.attempts().stream().map(TrailDocument::map).toList());
    all.put("ending", ending(type, trail.ending()));
    all.put("children", trail.children().stream().map(this::map).toList());
    all.put("unknown", trail.unknown());
    return all;
  }

  private static Map<String, Object> map(Trail.Attempt attempt) {
    Map<String, Object> all = new LinkedHashMap<>();
    if (attempt.number() > 0) {
      all.put("number", attempt.number());
    }
    if (!attempt.group().isEmpty()) {
      all.put("group", attempt.group());
    }
    if (!attempt.member().isEmpty()) {
      all.put("member", attempt.member());
    }
    attempt.took().ifPresent(took -> all.put("tookMicros", took.toNanos() / 1_000));
    attempt.ended().ifPresent(ended -> all.put("ended", ended.toString()));
    attempt
        .failure()
        .ifPresent(
            failure -> {
              all.put("cause", failure.cause());
              all.put("detail", failure.detail());
              all.put("stack", failure.stack());
            });
    return all;
  }

  private Map<String, Object> ending(String type, Trail.Ending ending) {
    Map<String, Object> all = new LinkedHashMap<>();
    switch (ending) {
      case Trail.Ending.Replied replied -> {
        all.put("how", "replied");
        all.put("replayed", replied.isReplayed());
        all.put("at", replied.at().toString());
        all.put("reply", reply(type, replied.reply()));
      }
      case Trail.Ending.GivenUp given -> {
        all.put("how", "given up");
        all.put("at", given.at().toString());
        all.put("cause", given.letter().cause());
        all.put("group", given.letter().group());
        all.put("member", given.letter().member());
        all.put("detail", given.letter().detail());
        given.told().ifPresent(told -> all.put("reply", reply(type, told)));
      }
      case Trail.Ending.Open open -> {
        all.put("how", "open");
        all.put("group", open.group());
        all.put("state", CensusDocument.stateOf(open.message()));
        open.message().member().ifPresent(member -> all.put("member", member));
        open.message().due().ifPresent(due -> all.put("due", due.toString()));
      }
      case Trail.Ending.Completed completed -> all.put("how", "completed");
    }
    return all;
  }

  private Map<String, Object> reply(String type, Message reply) {
    return MessageDocument.of(hidden.of(type, reply));
  }
}

package dev.leat.trail;

import dev.leat.Headers;
import dev.leat.broker.GroupCensus;
import dev.leat.broker.OpenMessage;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A census as programs read it: what is not known is left out. */
final class CensusDocument {
  private CensusDocument() {}

  /** All of it. */
  static Map<String, Object> of(Census census, @Nullable Census before) {
    Map<String, Object> all = new LinkedHashMap<>();
    put(all, "inFlight", census.inFlight());
    all.put("exact", census.isInFlightExact());
    all.put("deadLetters", census.deadLetters());
    all.put(
        "topics",
        census.topics().stream()
            .map(
                topic ->
                    of(
                        topic,
                        Optional.ofNullable(before)
                            .flatMap(earlier -> earlier.topic(topic.topic()))))
            .toList());
    return all;
  }

  /** A message that is open. */
  static Map<String, Object> of(Census.Open open) {
    OpenMessage one = open.message();
    Headers headers = one.message().headers();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("topic", open.topic().topic().toString());
    all.put("group", open.group());
    all.put("id", one.message().id());
    all.put("type", one.message().type());
    all.put("state", stateOf(one));
    all.put("accepted", one.acceptedAt().toString());
    all.put("ageMillis", open.age().toMillis());
    all.put("attempt", one.attempt());
    headers.deadline().ifPresent(deadline -> all.put("deadline", deadline.toString()));
    one.due().ifPresent(due -> all.put("due", due.toString()));
    one.member().ifPresent(member -> all.put("member", member));
    headers.get(Headers.HTTP_METHOD).ifPresent(method -> all.put("method", method));
    headers.get(Headers.HTTP_PATH).ifPresent(path -> all.put("path", path));
    all.put("entry", one.entryId());
    return all;
  }

  /** How it stands, as the sums call it. */
  static String stateOf(OpenMessage one) {
    return one.state() == OpenMessage.State.HELD_BACK
        ? "heldBack"
        : one.state().name().toLowerCase(Locale.ROOT);
  }

  private static Map<String, Object> of(TopicCensus topic, Optional<TopicCensus> before) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("topic", topic.topic().toString());
    all.put("at", topic.incoming().at().toString());
    all.put("exact", topic.isInFlightExact());
    put(all, "inFlight", topic.inFlight());
    put(all, "kept", topic.incoming().length());
    put(all, "deadLetters", topic.deadLetters());
    put(all, "oldestMillis", topic, topic.oldest());
    put(all, "inPerSecond", before.map(topic::rateIn).orElse(OptionalDouble.empty()));
    all.put(
        "groups",
        topic.incoming().groups().stream().map(group -> of(topic, group, before)).toList());
    return all;
  }

  private static Map<String, Object> of(
      TopicCensus topic, GroupCensus group, Optional<TopicCensus> before) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("group", group.group());
    all.put("answers", group.answers());
    put(all, "open", group.unfinished());
    put(all, "waiting", group.waiting());
    put(all, "running", group.running());
    put(all, "delayed", group.delayed());
    put(all, "heldBack", group.heldBack());
    put(all, "abandoned", group.abandoned());
    put(all, "oldestMillis", topic, group.oldest());
    put(all, "lagMillis", topic, group.oldestWaiting());
    before.ifPresent(then -> all.put("lagGrowthMillis", topic.lagGrowth(then, group).toMillis()));
    put(
        all,
        "outPerSecond",
        before.map(then -> topic.rateOut(then, group)).orElse(OptionalDouble.empty()));
    all.put(
        "members",
        group.members().stream()
            .map(
                member ->
                    Map.of(
                        "member",
                        member.member(),
                        "there",
                        member.isThere(),
                        "holds",
                        member.holds()))
            .toList());
    return all;
  }

  private static void put(
      Map<String, Object> all, String name, TopicCensus topic, Optional<Instant> accepted) {
    accepted.ifPresent(at -> all.put(name, topic.age(at).toMillis()));
  }

  private static void put(Map<String, Object> all, String name, OptionalLong number) {
    number.ifPresent(known -> all.put(name, known));
  }

  private static void put(Map<String, Object> all, String name, OptionalDouble number) {
    number.ifPresent(known -> all.put(name, Math.round(10 * known) / 10.0));
  }
}

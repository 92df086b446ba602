package dev.leat.trail;

import dev.leat.broker.GroupHealth;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/** A topic as programs read it: what is not known is left out. */
final class TopicDocument {
  private TopicDocument() {}

  static Map<String, Object> of(TopicView view) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("topic", view.topic().toString());
    put(all, "messages", view.incoming().length());
    put(all, "waitingBytes", view.incoming().waitingBytes());
    put(all, "deadLetters", view.deadLetters());
    all.put("groups", view.incoming().groups().stream().map(group -> of(view, group)).toList());
    all.put(
        "routes",
        view.routes().stream()
            .map(
                route ->
                    Map.of("method", route.method(), "path", route.path(), "type", route.type()))
            .toList());
    return all;
  }

  private static Map<String, Object> of(TopicView view, GroupHealth group) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("group", group.group());
    all.put("answers", group.answers());
    group.members().ifPresent(members -> all.put("members", members));
    put(all, "waiting", group.backlog());
    put(all, "atWork", group.pending());
    put(all, "unfinished", group.unfinished());
    all.put(
        "known",
        view.members().stream()
            .filter(member -> member.group().equals(group.group()))
            .map(
                member ->
                    Map.of(
                        "member",
                        member.name(),
                        "since",
                        member.since().toString(),
                        "version",
                        member.version(),
                        "types",
                        member.types()))
            .toList());
    return all;
  }

  private static void put(Map<String, Object> all, String name, OptionalLong number) {
    number.ifPresent(known -> all.put(name, known));
  }
}

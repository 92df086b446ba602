package dev.leat.wire;

import dev.leat.Participant;
import dev.leat.Topic;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Participants as JSON, in which brokers keep them and programs in any language say who they are.
 */
public final class ParticipantJson {
  private static final JsonMapper JSON = JsonMapper.shared();

  private static final String TOPIC = "topic";
  private static final String GROUP = "group";
  private static final String MEMBER = "member";
  private static final String GATEWAY = "gateway";
  private static final String SINCE = "since";
  private static final String VERSION = "version";
  private static final String TYPES = "types";
  private static final String ROUTES = "routes";
  private static final String METHOD = "method";
  private static final String PATH = "path";
  private static final String TYPE = "type";

  private ParticipantJson() {}

  /** One line. */
  public static String write(Participant participant) {
    ObjectNode out = JSON.createObjectNode();
    switch (participant) {
      case Participant.Member member -> {
        out.put(MEMBER, member.name());
        out.put(TOPIC, member.topic().toString());
        out.put(GROUP, member.group());
        ObjectNode types = out.putObject(TYPES);
        new TreeMap<>(member.types()).forEach(types::put);
      }
      case Participant.Gateway gateway -> {
        out.put(GATEWAY, gateway.name());
        ArrayNode routes = out.putArray(ROUTES);
        for (Participant.Served route : gateway.routes()) {
          ObjectNode one = routes.addObject();
          one.put(METHOD, route.method()).put(PATH, route.path());
          one.put(TOPIC, route.topic().toString()).put(TYPE, route.type());
        }
      }
    }
    out.put(SINCE, participant.since().toEpochMilli());
    out.put(VERSION, participant.version());
    return JSON.writeValueAsString(out);
  }

  /** What was written so; empty where it was not, as by another version or another program. */
  public static Optional<Participant> read(String text) {
    try {
      return read(JSON.readTree(text));
    } catch (JacksonException | IllegalArgumentException unreadable) {
      return Optional.empty();
    }
  }

  private static Optional<Participant> read(JsonNode in) {
    Instant since = Instant.ofEpochMilli(in.path(SINCE).asLong(0));
    String version = in.path(VERSION).asString("");
    if (in.hasNonNull(MEMBER)) {
      Map<String, String> types = new TreeMap<>();
      in.path(TYPES)
          .properties()
          .forEach(one -> types.put(one.getKey(), one.getValue().asString("")));
      return Optional.of(
          new Participant.Member(
              Topic.of(in.path(TOPIC).asString("")),
              in.path(GROUP).asString(""),
              in.path(MEMBER).asString(""),
              since,
              version,
              types));
    }
    if (in.hasNonNull(GATEWAY)) {
      List<Participant.Served> routes = new ArrayList<>();
      for (JsonNode route : in.path(ROUTES)) {
        routes.add(
            new Participant.Served(
                route.path(METHOD).asString(""),
                route.path(PATH).asString(""),
                Topic.of(route.path(TOPIC).asString("")),
                route.path(TYPE).asString("")));
      }
      return Optional.of(
          new Participant.Gateway(in.path(GATEWAY).asString(""), since, version, routes));
    }
    return Optional.empty();
  }
}

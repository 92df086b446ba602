package dev.leat;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Who takes part in a stack, as it says of itself. */
public sealed interface Participant {
  /** Like no other of its kind, or of its group. */
  String name();

  /** Since when it is there, by its own clock. */
  Instant since();

  /** The version of the program, as that says; empty where it does not. */
  String version();

  /**
   * A member of a group.
   *
   * @param types of messages that it handles, each with the name of what their payloads are read
   *     into
   */
  record Member(
      Topic topic,
      String group,
      String name,
      Instant since,
      String version,
      Map<String, String> types)
      implements Participant {
    /** Keeps a copy. */
    public Member {
      types = Map.copyOf(types);
    }
  }

  /** A gateway, and what it serves. */
  record Gateway(String name, Instant since, String version, List<Served> routes)
      implements Participant {
    /** Keeps a copy. */
    public Gateway {
      routes = List.copyOf(routes);
    }
  }

  /**
   * A route of a gateway.
   *
   * @param method of HTTP, or {@code *} for any
   * @param path as the gateway's file has it
   * @param topic that its requests go to
   * @param type of the messages that they become
   */
  record Served(String method, String path, Topic topic, String type) {}
}

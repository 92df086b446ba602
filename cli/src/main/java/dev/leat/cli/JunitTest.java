package dev.leat.cli;

import dev.leat.BadConfiguration;
import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.trail.Trail;
import dev.leat.wire.Redaction;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A test that asks a handler what it was asked once, and expects what it answered. */
final class JunitTest {
  /** A constant of a class file has 65,535 bytes at most, and a sign takes three of them. */
  private static final int PART = 20_000;

  /** What belongs to the time at which it was asked. */
  private static final Set<String> OF_ITS_TIME =
      Set.of(
          Headers.DEADLINE,
          Headers.ENTRY,
          Headers.CAUSE,
          Headers.GROUP,
          Headers.TRACEPARENT,
          Headers.TRACESTATE,
          Headers.REPLAY,
          Headers.REPLAY_OF);

  private static final Set<String> OF_A_REPLY = Set.of(Headers.ERROR, Headers.CONTENT_TYPE);

  private static final Pattern PLACE = Pattern.compile("%([a-zA-Z]+)%");

  private final Trail trail;
  private final Message reply;
  private final Redaction hidden;

  private JunitTest(Trail trail, Message reply, Redaction hidden) {
    this.trail = trail;
    this.reply = reply;
    this.hidden = hidden;
  }

  /**
   * The one of a request.
   *
   * @throws BadConfiguration if no reply to it is remembered, which could be expected
   */
  static JunitTest of(Trail trail, Redaction hidden) {
    if (trail.ending() instanceof Trail.Ending.Replied replied) {
      return new JunitTest(trail, replied.reply(), hidden);
    }
    throw new BadConfiguration(
        "no reply to %s is remembered, so there is nothing that a test could expect"
            .formatted(trail.request().id()));
  }

  /** Of the class. */
  String name() {
    StringBuilder name = new StringBuilder();
    boolean isFirst = true;
    String type = trail.request().type();
    for (int i = 0; i < type.length(); i++) {
      char sign = type.charAt(i);
      boolean isLetter = sign < 128 && Character.isLetterOrDigit(sign);
      if (isLetter) {
        name.append(isFirst ? Character.toUpperCase(sign) : sign);
      }
      isFirst = !isLetter;
    }
    String id = trail.request().id().replaceAll("[^0-9a-zA-Z]", "");
    return "Recorded" + name + id.substring(Math.max(0, id.length() - 8)) + "Test";
  }

  String source(@Nullable String packageName, @Nullable String start) {
    Message request = trail.request();
    String topic = trail.topic().toString();
    Map<String, String> values =
        Map.ofEntries(
            Map.entry("package", packageName == null ? "" : "package " + packageName + ";\n\n"),
            Map.entry("id", comment(request.id())),
            Map.entry("what", comment(request.type() + " of topic " + topic)),
            Map.entry("at", trail.accepted().toString()),
            Map.entry("class", name()),
            Map.entry("start", start == null ? notStarted(topic) : start),
            Map.entry("topic", literal(topic)),
            Map.entry("type", literal(request.type())),
            Map.entry("headers", headers(request.headers(), name -> !OF_ITS_TIME.contains(name))),
            Map.entry("request", payload(hidden.of(request.type(), request.payload()))),
            Map.entry("status", status(reply)),
            Map.entry("replyHeaders", replyHeaders(reply)),
            Map.entry("reply", payload(hidden.of(request.type(), reply.payload()))),
            Map.entry("answers", answers()));
    // In one go: what was recorded may look like one of these names.
    return PLACE
        .matcher(TEMPLATE)
        .replaceAll(
            place -> Matcher.quoteReplacement(values.getOrDefault(place.group(1), place.group())));
  }

  private static String notStarted(String topic) {
    return "throw new UnsupportedOperationException("
        + literal("start the worker of topic " + topic + " on leat here")
        + ");";
  }

  /** What the services answered that were asked meanwhile. */
  private String answers() {
    List<String> all = new ArrayList<>();
    for (Trail child : trail.children()) {
      if (child.ending() instanceof Trail.Ending.Replied replied
          && !child.topic().equals(trail.topic())) {
        String type = child.request().type();
        all.add(
            "\n          new Answer(\n              %s,\n              %s,\n              %s,\n              reply(%s, %s, %s))"
                .formatted(
                    literal(child.topic().toString()),
                    literal(type),
                    payload(hidden.of(type, child.request().payload())),
                    status(replied.reply()),
                    replyHeaders(replied.reply()),
                    payload(hidden.of(type, replied.reply().payload()))));
      }
    }
    return String.join(",", all);
  }

  private static String status(Message reply) {
    return reply
        .headers()
        .get(Headers.STATUS)
        .filter(status -> status.matches("[2-5][0-9][0-9]"))
        .orElse("200");
  }

  private static String replyHeaders(Message reply) {
    return headers(
        reply.headers(), name -> OF_A_REPLY.contains(name) || name.startsWith(Headers.HTTP_HEADER));
  }

  private static String headers(Headers headers, Predicate<String> kept) {
    List<String> all = new ArrayList<>();
    headers.forEach(
        (name, value) -> {
          if (kept.test(name)) {
            all.add(literal(name) + ", " + literal(value));
          }
        });
    return all.isEmpty() ? "Headers.NONE" : "Headers.of(" + String.join(", ", all) + ")";
  }

  private static String payload(Payload payload) {
    if (payload.size() == 0) {
      return "Payload.EMPTY";
    }
    Encoding encoding = payload.encoding();
    if (encoding == Encoding.BINARY || !isText(payload)) {
      return "Payload.of(Encoding.%s, Base64.getDecoder().decode(%s))"
          .formatted(encoding.name(), literal(Base64.getEncoder().encodeToString(payload.bytes())));
    }
    return "Payload.%s(%s)"
        .formatted(encoding.name().toLowerCase(Locale.ROOT), literal(payload.asText()));
  }

  /** Whether nothing of it is lost as text. */
  private static boolean isText(Payload payload) {
    return Payload.text(payload.asText()).size() == payload.size()
        && payload.asText().indexOf('\uFFFD') < 0;
  }

  private static String literal(String text) {
    if (text.length() <= PART) {
      return "\"" + escaped(text) + "\"";
    }
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < text.length(); i += PART) {
      parts.add(text.substring(i, Math.min(text.length(), i + PART)));
    }
    return parts.stream()
        .map(part -> "\"" + escaped(part) + "\"")
        .collect(Collectors.joining(", ", "String.join(\"\", ", ")"));
  }

  private static String escaped(String text) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char sign = text.charAt(i);
      switch (sign) {
        case '"' -> all.append("\\\"");
        case '\\' -> all.append("\\\\");
        case '\n' -> all.append("\\n");
        case '\r' -> all.append("\\r");
        case '\t' -> all.append("\\t");
        default ->
            all.append(
                sign < ' ' || sign > '~' ? "\\u%04x".formatted((int) sign) : String.valueOf(sign));
      }
    }
    return all.toString();
  }

  /** In a comment nothing ends it, and nothing is an escape. */
  private static String comment(String text) {
    return text.replaceAll("[^\\w .:,@#$%&()+=-]", "?");
  }

  private static final String TEMPLATE =
      """
      %package%import static org.junit.jupiter.api.Assertions.assertEquals;

      import dev.leat.Encoding;
      import dev.leat.HandlerFailed;
      import dev.leat.Headers;
      import dev.leat.Leat;
      import dev.leat.Message;
      import dev.leat.Payload;
      import dev.leat.Reply;
      import dev.leat.Worker;
      import dev.leat.wire.ProblemReply;
      import dev.leat.wire.Redaction;
      import dev.leat.wire.ReplyComparison;
      import java.time.Duration;
      import java.util.ArrayList;
      import java.util.Base64;
      import java.util.List;
      import org.junit.jupiter.api.Test;

      /** Request %id%, %what%, as it was recorded at %at%. */
      class %class% {
        /** Members of the reply that differ each time, as JSON pointers: "/at,/id". */
        private static final ReplyComparison COMPARISON = ReplyComparison.ignoring("");

        /** What other services answered; an answer that was given several times stands there as often. */
        private final List<Answer> answers = new ArrayList<>(List.of(%answers%));

        private record Answer(String topic, String type, Payload asked, Reply reply) {}

        private static void startWorker(Leat leat) {
          %start%
        }

        @Test
        void is_answered_as_it_was() {
          try (Leat leat = Leat.connect("memory:")) {
            startServices(leat);
            startWorker(leat);
            Headers headers = %headers%;
            Payload payload = %request%;
            Message reply = ask(leat, headers, payload);
            Message recorded =
                new Message(
                    "%id%",
                    Message.REPLY,
                    "",
                    %replyHeaders%.with(Headers.STATUS, "%status%"),
                    "",
                    %reply%);
            assertEquals(
                List.of(), COMPARISON.of(%type%, recorded, reply, Redaction.NONE));
          }
        }

        private static Message ask(Leat leat, Headers headers, Payload payload) {
          try {
            return leat.caller()
                .with(headers)
                .call(%topic%, %type%, payload, Message.class, Duration.ofSeconds(10));
          } catch (HandlerFailed failed) {
            return new Message(
                failed.problem().id(),
                Message.REPLY,
                "",
                Headers.of(Headers.STATUS, Integer.toString(failed.problem().status())),
                "",
                ProblemReply.payload(failed.problem()));
          }
        }

        private void startServices(Leat leat) {
          for (String topic : answers.stream().map(Answer::topic).distinct().toList()) {
            Worker worker = leat.worker(topic);
            for (String type :
                answers.stream()
                    .filter(one -> one.topic().equals(topic))
                    .map(Answer::type)
                    .distinct()
                    .toList()) {
              worker.on(type, Payload.class, (asked, request) -> answer(topic, type, asked));
            }
            worker.start();
          }
        }

        private synchronized Reply answer(String topic, String type, Payload asked) {
          List<Answer> known =
              answers.stream()
                  .filter(one -> one.topic().equals(topic) && one.type().equals(type))
                  .filter(one -> one.asked().asText().equals(asked.asText()))
                  .toList();
          if (known.isEmpty()) {
            return Reply.problem(500, "Not recorded", topic + " was not asked this: " + type);
          }
          if (known.size() > 1) {
            answers.remove(known.getFirst());
          }
          return known.getFirst().reply();
        }

        private static Reply reply(int status, Headers headers, Payload payload) {
          return new Reply(status, payload, headers);
        }
      }
      """;
}

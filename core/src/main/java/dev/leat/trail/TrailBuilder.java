package dev.leat.trail;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.Entry;
import dev.leat.broker.GroupCensus;
import dev.leat.broker.OpenMessage;
import dev.leat.wire.DeadLetter;
import dev.leat.wire.FailedAttempt;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Puts a trail together from the streams that a request has left something in: its own, that of its
 * reply, those of its topic, and of what was sent because of it. Blocks; one thread.
 */
final class TrailBuilder {
  /** Entries of one stream that are looked at for one request. */
  private static final long MOST = 300_000;

  /** Requests of one trail. */
  private static final int LARGEST = 1_000;

  private static final int PAGE = 100;

  /** A reply may come so long after the deadline: whoever was at work did not know. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** Without a deadline nothing is looked for longer than this. */
  private static final Duration PATIENCE = Duration.ofHours(1);

  private final Broker broker;
  private final Instant now;
  private final CauseIndex causes;

  /** Entries that stand in the trail already: nobody causes himself. */
  private final Set<String> seen = new HashSet<>();

  /**
   * For one trail.
   *
   * @param from when its first request was taken
   * @param now by the broker's clock
   */
  TrailBuilder(Broker broker, List<Topic> topics, Instant from, Instant now) {
    this.broker = broker;
    this.now = now;
    this.causes = new CauseIndex(broker, topics, from);
  }

  Trail of(Topic topic, Entry request) {
    seen.add(topic + " " + request.id());
    Message message = request.message();
    Instant accepted = Instant.ofEpochMilli(request.at());
    List<String> unknown = new ArrayList<>();
    Optional<Entry> reply = reply(message, accepted, unknown);
    Optional<Entry> letter = letter(topic, message.id(), accepted, reply);
    Trail.Ending ending = ending(topic, request, reply, letter, unknown);
    Instant end = end(ending);
    List<Trail.Attempt> attempts = attempts(topic, message, accepted, end, ending, unknown);
    List<Trail> children = children(message.id(), end);
    if (causes.isCutShort()) {
      unknown.add("there was too much to be looked at, so messages that it caused may be missing");
    }
    return new Trail(topic, message, request.id(), accepted, attempts, ending, children, unknown);
  }

  /** Of one whose request is forgotten, and whose dead letter is not. */
  Optional<Trail> ofLetter(Topic topic, String id) {
    List<Entry> found = new ArrayList<>();
    look(
        topic.deadLetters(),
        Position.START,
        Instant.ofEpochMilli(Long.MAX_VALUE),
        entry -> {
          if (entry.message().id().equals(id)) {
            found.add(entry);
          }
          return true;
        });
    if (found.isEmpty()) {
      return Optional.empty();
    }
    Entry entry = found.getLast();
    DeadLetter letter = DeadLetter.read(entry.message());
    Trail.Ending.GivenUp ending =
        new Trail.Ending.GivenUp(Instant.ofEpochMilli(entry.at()), letter, Optional.empty());
    List<String> unknown = new ArrayList<>();
    unknown.add("its request is not kept any more: what is shown of it stands in its dead letter");
    return Optional.of(
        new Trail(
            topic,
            letter.message(),
            entry.id(),
            letter.acceptedAt(),
            attempts(topic, letter.message(), letter.acceptedAt(), end(ending), ending, unknown),
            ending,
            List.of(),
            unknown));
  }

  /** The first of its replies: that is the one which counts. */
  private Optional<Entry> reply(Message message, Instant accepted, List<String> unknown) {
    if (!message.wantsReply()) {
      return Optional.empty();
    }
    Instant until =
        message.headers().deadline().map(at -> at.plus(GRACE)).orElse(accepted.plus(PATIENCE));
    List<Entry> found = new ArrayList<>(1);
    boolean isAll =
        look(
            new StreamRef.At(message.destination()),
            Position.at(accepted),
            until,
            entry -> {
              if (entry.message().id().equals(message.id())) {
                found.add(entry);
              }
              return found.isEmpty();
            });
    if (!isAll) {
      unknown.add(
          "whether it was answered: not among the %,d replies that came after it".formatted(MOST));
    }
    return found.stream().findFirst();
  }

  /** Where it was answered, and not that it failed, it was not given up. */
  private Optional<Entry> letter(Topic topic, String id, Instant accepted, Optional<Entry> reply) {
    if (reply.isPresent() && !reply.get().message().headers().has(Headers.ERROR)) {
      return Optional.empty();
    }
    List<Entry> found = new ArrayList<>(1);
    look(
        topic.deadLetters(),
        Position.at(accepted),
        now,
        entry -> {
          if (entry.message().id().equals(id)) {
            found.add(entry);
          }
          return found.isEmpty();
        });
    return found.stream().findFirst();
  }

  private Trail.Ending ending(
      Topic topic,
      Entry request,
      Optional<Entry> reply,
      Optional<Entry> letter,
      List<String> unknown) {
    if (letter.isPresent()) {
      return new Trail.Ending.GivenUp(
          Instant.ofEpochMilli(letter.get().at()),
          DeadLetter.read(letter.get().message()),
          reply.map(Entry::message));
    }
    if (reply.isPresent()) {
      return new Trail.Ending.Replied(
          Instant.ofEpochMilli(reply.get().at()), reply.get().message());
    }
    if (!broker.capabilities().contains(Capability.CENSUS)) {
      unknown.add("whether it is still open: this broker does not say that of a message");
      return new Trail.Ending.Completed();
    }
    Optional<Trail.Ending.Open> open = open(topic, request);
    if (open.isPresent()) {
      return open.get();
    }
    unknown.add(
        request.message().wantsReply()
            ? "how it ended: it is completed, and there is no reply; its deadline passed, its caller"
                + " went, or the reply is not kept any more"
            : "when it was completed, and by whom: nobody asked for a reply");
    return new Trail.Ending.Completed();
  }

  /** How it stands with a group that has not completed it, one that answers first. */
  private Optional<Trail.Ending.Open> open(Topic topic, Entry request) {
    List<GroupCensus> groups = new ArrayList<>(StreamScan.result(broker.census(topic)).groups());
    groups.sort(Comparator.comparing(group -> !group.answers()));
    List<String> names =
        groups.isEmpty() ? List.of("") : groups.stream().map(GroupCensus::group).toList();
    for (String group : names) {
      Optional<OpenMessage> found = open(topic, group, request);
      if (found.isPresent()) {
        return found.map(message -> new Trail.Ending.Open(group, message));
      }
    }
    return Optional.empty();
  }

  private Optional<OpenMessage> open(Topic topic, String group, Entry request) {
    Position from = Position.at(Instant.ofEpochMilli(request.at()));
    while (true) {
      List<OpenMessage> page = StreamScan.result(broker.open(topic, group, from, PAGE));
      for (OpenMessage one : page) {
        if (one.entryId().equals(request.id())) {
          return Optional.of(one);
        }
      }
      if (page.isEmpty() || page.getLast().acceptedAt().toEpochMilli() > request.at()) {
        return Optional.empty();
      }
      from = Position.after(page.getLast().entryId());
    }
  }

  /** Up to when something may have been written because of it. */
  private Instant end(Trail.Ending ending) {
    return switch (ending) {
      case Trail.Ending.Replied replied -> replied.at();
      case Trail.Ending.GivenUp given -> given.at();
      case Trail.Ending.Open open -> now;
      case Trail.Ending.Completed completed -> now;
    };
  }

  private List<Trail.Attempt> attempts(
      Topic topic,
      Message message,
      Instant accepted,
      Instant end,
      Trail.Ending ending,
      List<String> unknown) {
    List<Trail.Attempt> attempts = new ArrayList<>();
    look(
        topic.failedAttempts(),
        Position.at(accepted),
        end,
        entry -> {
          if (entry.message().id().equals(message.id())) {
            attempts.add(failed(FailedAttempt.read(entry.message()), entry));
          }
          return true;
        });
    last(ending, attempts.size()).ifPresent(attempts::add);
    Set<Integer> known = new HashSet<>();
    attempts.forEach(attempt -> known.add(attempt.number()));
    int most = attempts.isEmpty() ? 0 : attempts.getLast().number();
    for (int number = 1; number < most; number++) {
      if (!known.contains(number)) {
        unknown.add(
            "attempt %d: it left no mark, so its worker died or was cut off".formatted(number));
      }
    }
    return attempts;
  }

  private static Trail.Attempt failed(FailedAttempt mark, Entry entry) {
    Duration took = Duration.between(mark.began(), mark.at());
    return new Trail.Attempt(
        mark.attempt(),
        mark.member(),
        Optional.of(took.isNegative() ? Duration.ZERO : took),
        Optional.of(Instant.ofEpochMilli(entry.at())),
        Optional.of(new Trail.Attempt.Failure(mark.cause(), mark.detail(), "")));
  }

  /** The one that it ended with, or that is under way. */
  private static Optional<Trail.Attempt> last(Trail.Ending ending, int before) {
    return switch (ending) {
      case Trail.Ending.Replied replied -> {
        Message reply = replied.reply();
        long number = number(reply.headers(), Headers.ATTEMPT).orElse(before + 1L);
        yield Optional.of(
            new Trail.Attempt(
                (int) number,
                reply.source(),
                took(reply),
                Optional.of(replied.at()),
                Optional.empty()));
      }
      case Trail.Ending.GivenUp given -> {
        DeadLetter letter = given.letter();
        yield Optional.of(
            new Trail.Attempt(
                letter.attempts(),
                letter.member(),
                given.told().flatMap(TrailBuilder::took),
                Optional.of(given.at()),
                Optional.of(
                    new Trail.Attempt.Failure(letter.cause(), letter.detail(), letter.stack()))));
      }
      case Trail.Ending.Open open ->
          open.message()
              .member()
              .map(
                  member ->
                      new Trail.Attempt(
                          open.message().attempt(),
                          member,
                          Optional.empty(),
                          Optional.empty(),
                          Optional.empty()));
      case Trail.Ending.Completed completed -> Optional.empty();
    };
  }

  private static Optional<Duration> took(Message reply) {
    OptionalLong micros = number(reply.headers(), Headers.TOOK);
    return micros.isPresent()
        ? Optional.of(Duration.of(micros.getAsLong(), ChronoUnit.MICROS))
        : Optional.empty();
  }

  /** What others wrote may be anything. */
  private static OptionalLong number(Headers headers, String name) {
    try {
      return headers
          .get(name)
          .map(Long::parseLong)
          .map(OptionalLong::of)
          .orElse(OptionalLong.empty());
    } catch (NumberFormatException notANumber) {
      return OptionalLong.empty();
    }
  }

  private List<Trail> children(String id, Instant end) {
    List<Trail> children = new ArrayList<>();
    for (CauseIndex.Child child : causes.of(id, end)) {
      if (seen.size() < LARGEST && !seen.contains(child.topic() + " " + child.entry().id())) {
        children.add(of(child.topic(), child.entry()));
      }
    }
    return children;
  }

  private boolean look(StreamRef stream, Position from, Instant until, Predicate<Entry> action) {
    return StreamScan.forEach(broker, stream, from, until, MOST, action);
  }
}

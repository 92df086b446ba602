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
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
  static final long MOST = 300_000;

  /** Requests of one trail. */
  private static final int LARGEST = 1_000;

  private static final int PAGE = 100;

  /** What an idempotent handler's answer says that was given before. */
  private static final String REPLAYED = Headers.HTTP_HEADER + "idempotent-replayed";

  /** A reply may come so long after the deadline: whoever was at work did not know. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** Without a deadline a reply is looked for no longer than this. */
  private static final Duration PATIENCE = Duration.ofHours(1);

  /**
   * So long a reply is looked for at least, and what was sent because of one that has no known end.
   */
  private static final Duration AT_LEAST = Duration.ofMinutes(1);

  /** Requests that caused each other, one below the other. */
  private static final int DEEPEST = 50;

  /** More attempts than this nobody makes: whoever says so is not believed. */
  private static final int MOST_ATTEMPTS = 10_000;

  private final Broker broker;
  private final Instant now;
  private final CauseIndex causes;

  /** Groups of topics, as they are now. */
  private final Map<Topic, List<GroupCensus>> groups = new HashMap<>();

  private int depth;

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
    Instant end = end(ending, accepted, unknown);
    List<Trail.Attempt> attempts = attempts(topic, message, accepted, end, ending, unknown);
    List<Trail> children = children(message.id(), end, unknown);
    if (causes.isCutShort()) {
      unknown.add("there was too much to be looked at, so messages that it caused may be missing");
    }
    if (groups(topic).size() > 1) {
      unknown.add("what other groups did with it, and what they sent because of it later");
    }
    return new Trail(topic, message, request.id(), accepted, attempts, ending, children, unknown);
  }

  private List<GroupCensus> groups(Topic topic) {
    return groups.computeIfAbsent(topic, one -> StreamScan.result(broker.census(one)).groups());
  }

  private boolean onlyListens(Topic topic, String group) {
    return groups(topic).stream().anyMatch(one -> one.group().equals(group) && !one.answers());
  }

  /** Of one whose request is forgotten, and whose dead letter is not. */
  Optional<Trail> ofLetter(Topic topic, String id) {
    List<Entry> found = new ArrayList<>();
    look(
        topic.deadLetters(),
        Position.START,
        StreamScan.EVER,
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
    unknown.add(
        "its request is not kept any more: what is shown of it stands in its dead letter, and what it"
            + " caused and what its sender was told are not looked for");
    return Optional.of(
        new Trail(
            topic,
            letter.message(),
            entry.id(),
            letter.acceptedAt(),
            attempts(topic, letter.message(), letter.acceptedAt(), ending.at(), ending, unknown),
            ending,
            List.of(),
            unknown));
  }

  /** No reply to a request is looked for that came later. */
  static Instant latestReply(Message message, Instant accepted) {
    Instant late =
        message.headers().deadline().map(at -> at.plus(GRACE)).orElse(accepted.plus(PATIENCE));
    // Its maker's clock may be far behind.
    return late.isBefore(accepted.plus(AT_LEAST)) ? accepted.plus(AT_LEAST) : late;
  }

  /** The first of its replies: that is the one which counts. */
  private Optional<Entry> reply(Message message, Instant accepted, List<String> unknown) {
    if (!message.wantsReply()) {
      return Optional.empty();
    }
    if (!broker.isForReplies(message.destination())) {
      unknown.add("whether it was answered: it asks for that where no replies go");
      return Optional.empty();
    }
    Instant until = latestReply(message, accepted);
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
        StreamScan.EVER,
        entry -> {
          boolean isIts =
              entry.message().id().equals(id)
                  && !onlyListens(topic, DeadLetter.read(entry.message()).group());
          if (isIts) {
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
      Message told = reply.get().message();
      if (told.headers().has(Headers.ERROR)) {
        unknown.add("whether it was given up and sent back: its dead letter is not there any more");
      }
      return new Trail.Ending.Replied(
          Instant.ofEpochMilli(reply.get().at()), told, told.headers().has(REPLAYED));
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

  /** Up to when it is looked for what was sent because of it. */
  private Instant end(Trail.Ending ending, Instant accepted, List<String> unknown) {
    return switch (ending) {
      case Trail.Ending.Replied replied -> replied.at();
      case Trail.Ending.GivenUp given -> given.at();
      case Trail.Ending.Open open -> endOfSearch(accepted, unknown);
      case Trail.Ending.Completed completed -> endOfSearch(accepted, unknown);
    };
  }

  private Instant endOfSearch(Instant accepted, List<String> unknown) {
    Instant latest = accepted.plus(AT_LEAST);
    if (now.isAfter(latest)) {
      unknown.add("what was sent because of it more than a minute after it was accepted");
      return latest;
    }
    return now;
  }

  private List<Trail.Attempt> attempts(
      Topic topic,
      Message message,
      Instant accepted,
      Instant end,
      Trail.Ending ending,
      List<String> unknown) {
    List<Trail.Attempt> marked = new ArrayList<>();
    boolean isAll =
        look(
            topic.failedAttempts(),
            Position.at(accepted),
            ending instanceof Trail.Ending.Completed || ending instanceof Trail.Ending.Open
                ? StreamScan.EVER
                : end,
            entry -> {
              if (entry.message().id().equals(message.id())) {
                marked.add(failed(FailedAttempt.read(entry.message()), entry));
              }
              return true;
            });
    if (!isAll) {
      unknown.add("whether there were more attempts: there was too much to be looked at");
    }
    // A group that only listens has a life of its own.
    List<Trail.Attempt> own =
        new ArrayList<>(marked.stream().filter(one -> !onlyListens(topic, one.group())).toList());
    Optional<Trail.Attempt> last = last(topic, message, ending, own);
    int most =
        Math.max(
            last.map(Trail.Attempt::number).orElse(0),
            ending instanceof Trail.Ending.GivenUp given
                ? believed(given.letter().attempts())
                : own.stream().mapToInt(Trail.Attempt::number).max().orElse(0));
    BitSet known = new BitSet();
    own.forEach(one -> known.set(one.number()));
    last.ifPresent(one -> known.set(one.number()));
    missing(known, most).ifPresent(unknown::add);
    last.ifPresent(own::add);
    return own;
  }

  /** Attempts that left no mark, in one sentence. */
  private static Optional<String> missing(BitSet known, int most) {
    List<String> ranges = new ArrayList<>();
    for (int from = known.nextClearBit(1); from <= most; from = known.nextClearBit(from)) {
      int next = known.nextSetBit(from);
      int to = next < 0 ? most : Math.min(most, next - 1);
      ranges.add(from == to ? Integer.toString(from) : from + " to " + to);
      from = to + 1;
    }
    return ranges.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "attempt %s: no mark was left, so the worker died, was cut off or gave the message back"
                .formatted(String.join(", ", ranges)));
  }

  private static int believed(long number) {
    return number >= 1 && number <= MOST_ATTEMPTS ? (int) number : 0;
  }

  private static Trail.Attempt failed(FailedAttempt mark, Entry entry) {
    Duration took = Duration.between(mark.began(), mark.at());
    return new Trail.Attempt(
        believed(mark.attempt()),
        mark.group(),
        mark.member(),
        Optional.of(took.isNegative() ? Duration.ZERO : took),
        Optional.of(Instant.ofEpochMilli(entry.at())),
        Optional.of(new Trail.Attempt.Failure(mark.cause(), mark.detail(), "")));
  }

  /** The one that it ended with, or that is under way; where no handler ran there is none. */
  private Optional<Trail.Attempt> last(
      Topic topic, Message message, Trail.Ending ending, List<Trail.Attempt> before) {
    return switch (ending) {
      case Trail.Ending.Replied replied ->
          replied.isReplayed()
              ? Optional.empty()
              : Optional.of(answered(topic, message, replied, before));
      case Trail.Ending.GivenUp given -> {
        DeadLetter letter = given.letter();
        // What a handler threw is kept with it; others are given up by whoever was handed them.
        yield letter.stack().isEmpty()
            ? Optional.empty()
            : Optional.of(
                new Trail.Attempt(
                    believed(letter.attempts()),
                    letter.group(),
                    letter.member(),
                    given.told().flatMap(TrailBuilder::took),
                    Optional.of(given.at()),
                    Optional.of(
                        new Trail.Attempt.Failure(
                            letter.cause(), letter.detail(), letter.stack()))));
      }
      case Trail.Ending.Open open ->
          open.message()
              .member()
              .map(
                  member ->
                      new Trail.Attempt(
                          believed(open.message().attempt()),
                          open.group(),
                          member,
                          Optional.empty(),
                          Optional.empty(),
                          Optional.empty()));
      case Trail.Ending.Completed completed -> Optional.empty();
    };
  }

  /**
   * Who measures says which attempt it was, unless it was the first. Workers of before said their
   * topic as the source, and no member.
   */
  private static Trail.Attempt answered(
      Topic topic, Message message, Trail.Ending.Replied replied, List<Trail.Attempt> before) {
    Message reply = replied.reply();
    OptionalLong said = number(reply.headers(), Headers.ATTEMPT);
    boolean isFirst =
        said.isEmpty()
            && before.isEmpty()
            && reply.headers().has(Headers.TOOK)
            && message.headers().has(Headers.DEADLINE);
    return new Trail.Attempt(
        isFirst ? 1 : believed(said.orElse(0)),
        "",
        reply.source().equals(topic.toString()) ? "" : reply.source(),
        took(reply),
        Optional.of(replied.at()),
        Optional.empty());
  }

  private static Optional<Duration> took(Message reply) {
    OptionalLong micros = number(reply.headers(), Headers.TOOK);
    return micros.isPresent() && micros.getAsLong() >= 0
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

  private List<Trail> children(String id, Instant end, List<String> unknown) {
    List<Trail> children = new ArrayList<>();
    List<CauseIndex.Child> caused = causes.of(id, end);
    if (!caused.isEmpty() && depth >= DEEPEST) {
      unknown.add("what it caused: so many requests stand above it that it is left out here");
      return children;
    }
    depth++;
    for (CauseIndex.Child child : caused) {
      if (seen.contains(child.topic() + " " + child.entry().id())) {
        continue;
      }
      if (seen.size() >= LARGEST) {
        unknown.add(
            "all that it caused: of %d messages so many are shown".formatted(caused.size()));
        break;
      }
      children.add(of(child.topic(), child.entry()));
    }
    depth--;
    return children;
  }

  private boolean look(StreamRef stream, Position from, Instant until, Predicate<Entry> action) {
    return StreamScan.forEach(broker, stream, from, until, MOST, action);
  }
}

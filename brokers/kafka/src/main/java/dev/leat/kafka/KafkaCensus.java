package dev.leat.kafka;

import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Entry;
import dev.leat.broker.GroupCensus;
import dev.leat.broker.OpenMessage;
import dev.leat.broker.StreamCensus;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * How each message of a topic stands, as of what its groups have committed: what members did in the
 * last tenths of a second is not in it. Any thread.
 */
final class KafkaCensus {
  /** Entries that are read at a time. */
  private static final int PAGE = 500;

  /** Of a group in order, those that are looked at to tell what is held back. */
  private static final int MOST_HELD_BACK = 10_000;

  private final Admin admin;
  private final KafkaTopics topics;
  private final KafkaOffsets offsets;
  private final KafkaHealth health;
  private final RangeReader ranges;
  private final InstantSource clock;

  KafkaCensus(
      Admin admin,
      KafkaTopics topics,
      KafkaOffsets offsets,
      KafkaHealth health,
      RangeReader ranges,
      InstantSource clock) {
    this.admin = admin;
    this.topics = topics;
    this.offsets = offsets;
    this.health = health;
    this.ranges = ranges;
    this.clock = clock;
  }

  /** A topic that is there: its partitions' bounds, and its groups. */
  private record Seen(String topic, KafkaOffsets.Bounds bounds, List<OpenGroup> groups) {}

  private CompletionStage<Optional<Seen>> see(Topic topic) {
    String name = TopicNames.of(topic.incoming());
    return topics
        .existing(name)
        .thenCompose(
            partitions ->
                partitions.isEmpty()
                    ? CompletableFuture.completedStage(Optional.empty())
                    : see(name, partitions.get()));
  }

  private CompletionStage<Optional<Seen>> see(String name, int partitions) {
    // What is completed is so of what stood there: its end is looked at last.
    return health
        .groups(name)
        .thenCompose(
            groups ->
                members(name, groups.keySet())
                    .thenCombine(
                        offsets.bounds(Places.all(name, partitions)),
                        (members, bounds) ->
                            Optional.of(new Seen(name, bounds, groups(groups, bounds, members)))));
  }

  private List<OpenGroup> groups(
      Map<String, Map<TopicPartition, OffsetAndMetadata>> committed,
      KafkaOffsets.Bounds bounds,
      Map<String, Map<String, Set<TopicPartition>>> members) {
    Instant now = clock.instant();
    List<OpenGroup> all = new ArrayList<>();
    committed.forEach(
        (name, offsets) ->
            OpenGroup.of(name, bounds, offsets, members.getOrDefault(name, Map.of()), now)
                .ifPresent(all::add));
    return all;
  }

  /** Who is in each group, and which partitions each member has. */
  private CompletionStage<Map<String, Map<String, Set<TopicPartition>>>> members(
      String topic, Set<String> groups) {
    if (groups.isEmpty()) {
      return CompletableFuture.completedStage(Map.of());
    }
    List<String> ids = groups.stream().map(one -> TopicNames.groupId(topic, one)).toList();
    return KafkaFailures.stage(admin.describeConsumerGroups(ids).all())
        .thenApply(
            found -> {
              Map<String, Map<String, Set<TopicPartition>>> all = new HashMap<>();
              for (String group : groups) {
                ConsumerGroupDescription one = found.get(TopicNames.groupId(topic, group));
                if (one != null) {
                  all.put(group, members(one));
                }
              }
              return all;
            });
  }

  private static Map<String, Set<TopicPartition>> members(ConsumerGroupDescription group) {
    Map<String, Set<TopicPartition>> all = new HashMap<>();
    for (MemberDescription one : group.members()) {
      all.computeIfAbsent(one.clientId(), first -> new HashSet<>())
          .addAll(one.assignment().topicPartitions());
    }
    return all;
  }

  // One by one

  /** What a group has not completed; all that stands there where its name is empty. */
  CompletionStage<List<OpenMessage>> open(Topic topic, String group, Position from, int limit) {
    if (from instanceof Position.Now) {
      return CompletableFuture.completedStage(List.of());
    }
    return see(topic)
        .thenCompose(
            seen ->
                seen.isEmpty()
                    ? CompletableFuture.completedStage(List.<OpenMessage>of())
                    : of(seen.get(), group)
                        .<CompletionStage<List<OpenMessage>>>map(
                            one -> new Listing(seen.get().topic(), one, from, limit).read())
                        .orElse(CompletableFuture.completedStage(List.of())))
        .exceptionallyCompose(failure -> CompletableFuture.failedStage(KafkaFailures.of(failure)));
  }

  /** A group; one that has begun nothing where its name is empty. */
  private Optional<OpenGroup> of(Seen seen, String group) {
    if (!group.isEmpty()) {
      return seen.groups().stream().filter(one -> one.name().equals(group)).findFirst();
    }
    Map<TopicPartition, PartitionProgress> all = new HashMap<>();
    seen.bounds()
        .ends()
        .keySet()
        .forEach(one -> all.put(one, new PartitionProgress(seen.bounds().begin(one))));
    return Optional.of(new OpenGroup("", seen.bounds(), all, Map.of(), clock.instant()));
  }

  /** What is open of one group, page by page. */
  private final class Listing {
    private final String topic;
    private final OpenGroup group;
    private final Position from;
    private final int limit;
    private final OpenGroup.Standing standing;
    private final List<OpenMessage> found = new ArrayList<>();

    Listing(String topic, OpenGroup group, Position from, int limit) {
      this.topic = topic;
      this.group = group;
      this.from = from;
      this.limit = limit;
      this.standing = group.standing();
    }

    CompletionStage<List<OpenMessage>> read() {
      // What is held back is so by what stands before it.
      return read(group.isOrdered() ? Position.START : from);
    }

    private CompletionStage<List<OpenMessage>> read(Position begin) {
      List<TopicPartition> all = List.copyOf(group.bounds().ends().keySet());
      return offsets
          .bounds(all, begin)
          .thenCompose(
              bounds -> ranges.read(open(bounds), group.progress(), begin, Math.max(PAGE, limit)))
          .thenCompose(
              page -> {
                page.forEach(this::take);
                return page.isEmpty() || found.size() >= limit
                    ? CompletableFuture.completedStage(
                        List.copyOf(found.subList(0, Math.min(limit, found.size()))))
                    : read(Position.after(page.getLast().id()));
              });
    }

    /** Nothing that came since it was looked at, and nothing that is completed. */
    private KafkaOffsets.Bounds open(KafkaOffsets.Bounds bounds) {
      Map<TopicPartition, Long> begins = new HashMap<>(group.open(false).begins());
      begins.replaceAll((one, next) -> Math.max(next, bounds.begin(one)));
      return new KafkaOffsets.Bounds(begins, group.bounds().ends());
    }

    private void take(Entry entry) {
      OpenMessage open = standing.of(topic, entry);
      boolean isIn =
          switch (from) {
            case Position.After after ->
                EntryPlace.parse(after.entryId()).compareTo(EntryPlace.parse(entry.id())) < 0;
            case Position.At at -> entry.at() >= at.time().toEpochMilli();
            default -> true;
          };
      if (isIn) {
        found.add(open);
      }
    }
  }

  // Counted

  CompletionStage<StreamCensus> of(Topic topic) {
    return see(topic)
        .thenCompose(
            seen ->
                seen.isEmpty()
                    ? CompletableFuture.completedStage(
                        new StreamCensus(
                            topic.incoming(),
                            clock.instant(),
                            OptionalLong.of(0),
                            OptionalLong.of(0),
                            Optional.empty(),
                            List.of()))
                    : count(topic, seen.get()))
        .exceptionallyCompose(failure -> CompletableFuture.failedStage(KafkaFailures.of(failure)));
  }

  private CompletionStage<StreamCensus> count(Topic topic, Seen seen) {
    CompletionStage<List<GroupCensus>> groups = CompletableFuture.completedStage(List.of());
    for (OpenGroup one : seen.groups()) {
      groups =
          groups.thenCompose(
              before ->
                  count(topic, one)
                      .thenApply(
                          counted -> {
                            List<GroupCensus> all = new ArrayList<>(before);
                            all.add(counted);
                            return all;
                          }));
    }
    CompletionStage<Optional<Instant>> oldest =
        seen.groups().isEmpty()
            ? first(seen.bounds(), Map.of())
            : CompletableFuture.completedStage(Optional.empty());
    return groups.thenCombine(
        oldest,
        (all, first) ->
            new StreamCensus(
                topic.incoming(),
                clock.instant(),
                OptionalLong.of(seen.bounds().length()),
                OptionalLong.of(seen.bounds().ends().values().stream().mapToLong(end -> end).sum()),
                first,
                all));
  }

  private CompletionStage<GroupCensus> count(Topic topic, OpenGroup group) {
    return heldBack(topic, group)
        .thenCompose(
            heldBack ->
                first(group.open(false), group.progress())
                    .thenCompose(
                        oldest ->
                            first(group.open(true), group.progress())
                                .thenApply(
                                    untouched -> counted(group, heldBack, oldest, untouched))));
  }

  /** Of a group in order, if there are not too many to look at. */
  private CompletionStage<OptionalLong> heldBack(Topic topic, OpenGroup group) {
    if (!group.isOrdered()) {
      return CompletableFuture.completedStage(OptionalLong.of(0));
    }
    return new Listing(TopicNames.of(topic.incoming()), group, Position.START, MOST_HELD_BACK)
        .read()
        .thenApply(
            all ->
                all.size() == MOST_HELD_BACK
                    ? OptionalLong.empty()
                    : OptionalLong.of(
                        all.stream()
                            .filter(one -> one.state() == OpenMessage.State.HELD_BACK)
                            .count()));
  }

  /** When the first was appended that stands there. */
  private CompletionStage<Optional<Instant>> first(
      KafkaOffsets.Bounds bounds, Map<TopicPartition, PartitionProgress> done) {
    return ranges
        .read(bounds, done, Position.START, 1)
        .thenApply(
            found -> found.stream().findFirst().map(entry -> Instant.ofEpochMilli(entry.at())));
  }

  private static GroupCensus counted(
      OpenGroup group,
      OptionalLong heldBack,
      Optional<Instant> oldest,
      Optional<Instant> untouched) {
    long unfinished = group.unfinished();
    long running = group.held(true);
    long abandoned = group.held(false);
    long delayed = group.delayed();
    long rest = Math.max(0, unfinished - running - abandoned - delayed);
    List<GroupCensus.Holder> members =
        group.members().entrySet().stream()
            .map(
                member ->
                    new GroupCensus.Holder(
                        member.getKey(),
                        true,
                        member.getValue().stream().mapToLong(group::held).sum()))
            .toList();
    return new GroupCensus(
        group.name(),
        group.answers(),
        OptionalLong.of(unfinished),
        heldBack.isPresent()
            ? OptionalLong.of(Math.max(0, rest - heldBack.getAsLong()))
            : OptionalLong.empty(),
        heldBack,
        OptionalLong.of(running),
        OptionalLong.of(delayed),
        OptionalLong.of(abandoned),
        oldest,
        untouched,
        members);
  }
}

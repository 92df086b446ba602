package dev.leat.broker.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.StreamFull;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.Delivery;
import dev.leat.broker.DeliveryListener;
import dev.leat.broker.Entry;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.broker.ThreadLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is set aside since it waits for longer than what came after it. */
class RetentionTest {
  private static final Topic TOPIC = Topic.of("t");
  private static final Duration HOUR = Duration.ofHours(1);
  private static final int STEPS = 1_500;

  @TempDir private Path temporary;
  private final ThreadLoop loop = new ThreadLoop("retention", true);

  @AfterEach
  void close() {
    loop.close();
  }

  private Broker memory(String options) {
    return Brokers.open("memory:" + options, loop);
  }

  private Broker file(String options) {
    return Brokers.open("file:" + temporary.resolve("leat") + options, loop);
  }

  @Test
  void what_is_gone_is_not_moved_and_takes_nothing_else_with_it() {
    try (Broker broker = memory("")) {
      List<String> ids = append(broker, "0", "1");
      List<Delivery> held = take(broker, "g", 2);
      result(held.getFirst().complete(List.of()));
      assertThat(result(broker.trim(TOPIC.incoming(), 0))).isEqualTo(1);

      Append to = new Append(TOPIC.deadLetters(), message("0"));
      assertThat(result(broker.move(TOPIC.incoming(), ids.getFirst(), to))).isFalse();
      assertThat(standing(broker)).containsExactly("1");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_group_that_begins_at_the_start_gets_what_was_set_aside_also_after_a_restart(
      boolean again) {
    Broker broker = file("");
    append(broker, "0", "1");
    List<Delivery> held = take(broker, "g", 2);
    result(held.getLast().complete(List.of()));
    result(broker.trim(TOPIC.incoming(), 0));
    append(broker, "2");
    List<String> two = new CopyOnWriteArrayList<>();
    Subscription joined = broker.subscribe(Membership.of(TOPIC, "two", "m"), texts(two));
    assertThat(
            result(broker.health(TOPIC.incoming())).groups().stream()
                .filter(group -> group.group().equals("two"))
                .findFirst()
                .orElseThrow()
                .unfinished())
        .hasValue(2);
    if (again) {
      broker.close();
      broker = file("");
      joined = broker.subscribe(Membership.of(TOPIC, "two", "m"), texts(two));
    } else {
      result(held.getFirst().complete(List.of()));
    }
    joined.request(10);
    await().until(() -> two.size() >= 2);
    assertThat(two).containsExactly("0", "2");
    broker.close();
  }

  @Test
  void a_batch_that_is_refused_has_let_its_own_go_and_nothing_breaks() {
    try (Broker broker = memory("?entries=1")) {
      append(broker, "waits");
      List<Append> batch =
          List.of(
              new Append(TOPIC.deadLetters(), message("a")),
              new Append(TOPIC.deadLetters(), message("b")),
              new Append(TOPIC.incoming(), message("c")));
      CompletionStage<List<String>> refused = ((MemoryBroker) broker).append(batch);
      assertThatThrownBy(() -> result(refused)).hasCauseInstanceOf(StreamFull.class);
      assertThat(standing(broker)).containsExactly("waits");
    }
  }

  @Test
  void whose_turn_came_and_was_handed_to_nobody_is_untaken() {
    try (Broker broker = memory("")) {
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        ids.addAll(append(broker, withKey("k", Integer.toString(i))));
      }
      List<Delivery> held = new CopyOnWriteArrayList<>();
      Membership ordered = Membership.of(TOPIC, "g", "m").withLease(HOUR).inOrder();
      broker.subscribe(ordered, held::addAll).request(1);
      result(held.getFirst().complete(List.of()));
      assertThat(held).hasSize(1);
      assertThat(result(broker.untaken(TOPIC.incoming(), ids))).containsExactly(ids.getLast());
    }
  }

  @Test
  void files_that_nobody_needs_any_more_are_gone_and_the_folder_is_opened_all_the_same()
      throws IOException {
    String small = "?segment=262144&history=0&keep=1s";
    try (Broker broker = file(small)) {
      List<Delivery> held = new CopyOnWriteArrayList<>();
      broker.subscribe(Membership.of(TOPIC, "g", "m").withLease(HOUR), held::addAll).request(1_000);
      for (int i = 0; i < 30; i++) {
        append(broker, i + "-" + "x".repeat(18_000));
      }
      await().until(() -> held.size() == 30);
      held.forEach(one -> result(one.complete(List.of())));
      append(broker, "last");
      await().atMost(Duration.ofSeconds(30)).until(() -> segments() == 1);
    }
    assertThat(new FileTools().check(temporary.resolve("leat")).faults()).isEmpty();
    try (Broker broker = file(small)) {
      assertThat(standing(broker)).endsWith("last");
    }
  }

  private long segments() throws IOException {
    try (Stream<Path> files = Files.list(temporary.resolve("leat"))) {
      return files.filter(one -> one.toString().endsWith(".leatlog")).count();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void whatever_happens_in_memory_each_group_gets_all_once(long seed) {
    new Model(seed, memory("?history=5&entries=60")).run();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void whatever_happens_in_a_folder_each_group_gets_all_once_over_restarts(long seed) {
    String options = "?segment=262144&keep=0s&history=5&entries=60";
    new Model(seed, file(options)) {
      @Override
      Broker reopen(Broker before) {
        before.close();
        return file(options);
      }
    }.run();
  }

  /** A group of the model. */
  private static final class Its {
    private final String name;
    private final Set<String> done = new HashSet<>();
    private final List<Delivery> held = new CopyOnWriteArrayList<>();

    Its(String name) {
      this.name = name;
    }
  }

  /** What is done at random, and what has to come of it. */
  private static class Model {
    private final long seed;
    private final Random random;
    private Broker broker;
    private int next;
    private final Its first = new Its("a");
    private final List<Its> groups = new ArrayList<>(List.of(first));
    private final List<Subscription> members = new ArrayList<>();
    private final Set<String> open = new HashSet<>();

    Model(long seed, Broker broker) {
      this.seed = seed;
      this.random = new Random(seed);
      this.broker = broker;
    }

    /** In memory nothing is left of it. */
    Broker reopen(Broker before) {
      return before;
    }

    void run() {
      subscribe(first);
      for (int step = 0; step < STEPS; step++) {
        step(step);
      }
      // What nobody has completed is there, and nothing else comes again.
      rejoin();
      members.forEach(one -> one.request(10_000));
      for (Its group : groups) {
        Set<String> left = left(group);
        await().until(() -> group.held.size() >= left.size());
        assertThat(group.held)
            .as("seed %d, group %s", seed, group.name)
            .extracting(one -> one.message().id())
            .containsExactlyInAnyOrderElementsOf(left);
      }
      broker.close();
    }

    private void step(int step) {
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> append();
        case 4, 5, 6, 7 -> groups.forEach(this::completeOne);
        case 8 -> members.forEach(one -> one.request(1 + random.nextInt(5)));
        case 9 -> groups.forEach(this::giveOneBack);
        case 10 -> {
          var unused = result(broker.trim(TOPIC.incoming(), random.nextInt(5)));
          look();
        }
        default -> {
          if (step > STEPS / 2 && groups.size() == 1) {
            // It is not owed what is history.
            Its late = new Its("late");
            late.done.addAll(first.done);
            groups.add(late);
            subscribe(late);
          } else if (random.nextInt(20) == 0) {
            rejoin();
            broker = reopen(broker);
            groups.forEach(group -> group.held.clear());
            rejoin();
          }
        }
      }
    }

    private void append() {
      String id = Integer.toString(next++);
      try {
        RetentionTest.append(broker, withKey("", id));
        open.add(id);
      } catch (RuntimeException full) {
        assertThat(full).hasCauseInstanceOf(StreamFull.class);
      }
    }

    private void subscribe(Its group) {
      members.add(
          broker.subscribe(
              Membership.of(TOPIC, group.name, "m").withLease(HOUR),
              batch -> batch.forEach(one -> handed(group, one))));
    }

    /** What was history for one that came late may come to it: that is no fault. */
    private void handed(Its group, Delivery one) {
      String id = one.message().id();
      if (group != first && group.done.contains(id)) {
        assertThat(first.done).as("seed %d twice", seed).contains(id);
        var unused = one.complete(List.of());
        return;
      }
      assertThat(group.done).as("seed %d twice", seed).doesNotContain(id);
      group.held.add(one);
    }

    private void rejoin() {
      members.forEach(Subscription::close);
      members.clear();
      for (Its group : groups) {
        List<Delivery> before = List.copyOf(group.held);
        group.held.clear();
        before.forEach(one -> one.release(Duration.ZERO));
        subscribe(group);
      }
    }

    private void completeOne(Its group) {
      if (!group.held.isEmpty()) {
        Delivery one = group.held.remove(random.nextInt(group.held.size()));
        assertThat(result(one.complete(List.of()))).as("seed %d", seed).isTrue();
        group.done.add(one.message().id());
      }
    }

    private void giveOneBack(Its group) {
      if (!group.held.isEmpty()) {
        Delivery one = group.held.remove(random.nextInt(group.held.size()));
        assertThat(result(one.release(Duration.ZERO))).as("seed %d", seed).isTrue();
      }
    }

    private Set<String> left(Its group) {
      Set<String> left = new HashSet<>(open);
      left.removeAll(group.done);
      return left;
    }

    /** All that is open stands there, in order, however it is looked at. */
    private void look() {
      List<Entry> all = result(broker.range(TOPIC.incoming(), Position.START, 10_000));
      List<String> ids = all.stream().map(Entry::id).toList();
      assertThat(ids.stream().map(EntryId::parse).toList())
          .as("seed %d", seed)
          .isSorted()
          .doesNotHaveDuplicates();
      for (Its group : groups) {
        assertThat(all)
            .as("seed %d", seed)
            .extracting(one -> one.message().id())
            .containsAll(left(group));
      }
      List<String> pages = new ArrayList<>();
      List<Entry> page;
      Position from = Position.START;
      do {
        page = result(broker.range(TOPIC.incoming(), from, 7));
        page.forEach(one -> pages.add(one.id()));
        from = page.isEmpty() ? from : Position.after(page.getLast().id());
      } while (!page.isEmpty());
      assertThat(pages).as("seed %d", seed).isEqualTo(ids);
    }
  }

  private static DeliveryListener texts(List<String> into) {
    return batch -> batch.forEach(one -> into.add(one.message().payload().asText()));
  }

  private static List<String> append(Broker broker, String... texts) {
    List<String> ids = new ArrayList<>();
    for (String text : texts) {
      ids.addAll(append(broker, message(text)));
    }
    return ids;
  }

  private static List<String> append(Broker broker, Message message) {
    return result(((MemoryBroker) broker).append(List.of(new Append(TOPIC.incoming(), message))));
  }

  private static List<Delivery> take(Broker broker, String group, int number) {
    List<Delivery> held = new CopyOnWriteArrayList<>();
    broker
        .subscribe(Membership.of(TOPIC, group, "m").withLease(HOUR), held::addAll)
        .request(number);
    await().until(() -> held.size() == number);
    return held;
  }

  private static List<String> standing(Broker broker) {
    return result(broker.range(TOPIC.incoming(), Position.START, 1_000)).stream()
        .map(entry -> entry.message().payload().asText())
        .toList();
  }

  private static Message message(String text) {
    return withKey("", text);
  }

  private static Message withKey(String key, String text) {
    return new Message(text, "x", "", Headers.of(Headers.KEY, key), "", Payload.text(text));
  }

  private static <T> T result(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }
}

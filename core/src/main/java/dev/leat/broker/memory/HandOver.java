package dev.leat.broker.memory;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.broker.Delivery;
import dev.leat.broker.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What of a stream its readers are handed next. Guarded by its stream's lock. */
final class HandOver {
  /** Where it is not written down who is passed over. */
  private static final List<Group.Pending> NOBODY =
      new AbstractList<>() {
        @Override
        public void add(int index, Group.Pending one) {}

        @Override
        public Group.Pending get(int index) {
          throw new IndexOutOfBoundsException(index);
        }

        @Override
        public int size() {
          return 0;
        }
      };

  private final String key;
  private final Log log;
  private final Map<String, Group> groups;
  private final List<Tail> tails;
  private final Forgetting forgetting;
  private final Journal journal;

  /** Whether it is written down what happens here. */
  private final boolean kept;

  private final Runnable onDisk;

  /** What tails are to see is on its way to the disk, and then they are handed it. */
  private boolean awaitsDisk;

  /**
   * Of a stream whose these are.
   *
   * @param onDisk told, without the lock, that what tails wait for is on the disk
   */
  HandOver(
      String key,
      Log log,
      Map<String, Group> groups,
      List<Tail> tails,
      Forgetting forgetting,
      Journal journal,
      boolean kept,
      Runnable onDisk) {
    this.key = key;
    this.log = log;
    this.groups = groups;
    this.tails = tails;
    this.forgetting = forgetting;
    this.journal = journal;
    this.kept = kept;
    this.onDisk = onDisk;
  }

  /** What is handed over next; one batch per reader, so that none waits for another. */
  List<Runnable> collect(Changes changes) {
    List<Runnable> due = new ArrayList<>();
    for (Tail tail : tails) {
      List<Entry> batch = next(tail);
      if (!batch.isEmpty()) {
        tail.handedOver(batch.size());
        due.add(() -> handOver(tail, batch));
      }
    }
    for (Group group : groups.values()) {
      Member member = group.nextAsking();
      if (member != null) {
        List<Delivery> batch = take(group, member, changes);
        if (!batch.isEmpty()) {
          member.handedOver(batch.size());
          due.add(() -> handOver(member, batch));
        }
      }
    }
    journal.write(changes);
    return due;
  }

  /** What a tail is to see next; entries that were taken out are passed over. */
  private List<Entry> next(Tail tail) {
    List<Entry> batch = List.of();
    long from = Math.max(tail.cursor(), log.first());
    long end = visibleEnd(from);
    if (from < end && tail.batch() > 0) {
      Log.Page page = log.entries(from, end, tail.batch());
      batch = page.entries();
      tail.moveTo(page.next());
    }
    return batch;
  }

  /** Who reads along sees what is on the disk: of anything else it may never have been. */
  long visibleEnd(long from) {
    long aside = from < log.head() && kept ? log.asideOnDisk(from) : log.head();
    long end = aside < log.head() ? aside : log.end();
    long oldest = Math.max(from, log.head());
    while (kept && end > oldest && !journal.isDurable(log.placed(end - 1).position())) {
      end--;
    }
    if (end < log.end() && !awaitsDisk) {
      awaitsDisk = true;
      var unused = journal.after(log.placed(log.end() - 1).position(), true).thenRun(onDisk);
    }
    return end;
  }

  /** What tails were to wait for is on the disk. */
  void isOnDisk() {
    awaitsDisk = false;
  }

  private List<Delivery> take(Group group, Member member, Changes changes) {
    List<Delivery> batch = new ArrayList<>();
    List<Group.Pending> passedOver = kept ? new ArrayList<>() : NOBODY;
    List<Group.Pending> taken;
    do {
      taken = group.take(member, log.end(), this::keyAt, passedOver);
      for (Group.Pending pending : taken) {
        Message message = log.message(pending.offset());
        if (message == null) {
          var unused = group.complete(pending);
          forgetting.letGoIfUnneeded(pending.offset());
        } else {
          String id = log.id(pending.offset());
          Instant acceptedAt = log.time(pending.offset());
          batch.add(new MemoryDelivery(member, group, pending, message, id, acceptedAt));
        }
      }
      if (kept && !taken.isEmpty()) {
        changes.handed(key, group.name(), taken);
      }
    } while (batch.isEmpty() && !taken.isEmpty());
    if (kept && !passedOver.isEmpty()) {
      changes.handed(key, group.name(), passedOver);
    }
    return batch;
  }

  /** What the message at an offset is about. */
  Optional<String> keyAt(long offset) {
    return Optional.ofNullable(log.message(offset))
        .flatMap(message -> message.headers().get(Headers.KEY))
        .filter(key -> !key.isEmpty());
  }

  private static void handOver(Tail tail, List<Entry> batch) {
    tail.whileOpen(() -> tail.listener().onEntries(batch));
  }

  /** A member that left between being chosen and being called gives its batch back. */
  private static void handOver(Member member, List<Delivery> batch) {
    if (!member.whileOpen(() -> member.listener().onDeliveries(batch))) {
      batch.forEach(delivery -> delivery.release(Duration.ZERO));
    }
  }
}

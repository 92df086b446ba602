package dev.leat.trail;

import dev.leat.BadConfiguration;
import dev.leat.Headers;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.broker.Broker;
import dev.leat.broker.Note;
import dev.leat.wire.PayloadCodec;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/**
 * Says that a process is at work on a replay: two at a time would send faster than was asked for,
 * and take each other's replies. It is kept in the broker for as long as its process lives, and
 * some seconds more. Any thread.
 */
final class ReplayLease implements AutoCloseable {
  private static final Duration KEPT = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofSeconds(2);

  private final Broker broker;
  private final Note note;
  private final Thread renewing;
  private volatile boolean closed;
  private volatile boolean lost;

  private ReplayLease(Broker broker, Note note) {
    this.broker = broker;
    this.note = note;
    this.renewing = Thread.startVirtualThread(this::renew);
  }

  /**
   * Takes it.
   *
   * @param by who is at work, for others that come
   * @throws BadConfiguration if another has it
   */
  static ReplayLease take(Broker broker, String id, String by) {
    Message mine =
        new Message(
            UUID.randomUUID().toString(),
            "replay",
            "",
            Headers.NONE,
            by,
            PayloadCodec.write(Map.of()));
    Note note = new Note("leat-replay", id, mine, KEPT);
    Optional<Message> other = StreamScan.result(broker.noteIfAbsent(note));
    if (other.isPresent()) {
      throw new BadConfiguration(
          "%s is at work on replay %s: stop that first; one that died is forgotten %d seconds later"
              .formatted(other.get().source(), id, KEPT.toSeconds()));
    }
    return new ReplayLease(broker, note);
  }

  /**
   * To be asked before each step.
   *
   * @throws BadConfiguration if another may have it by now
   */
  void refuseIfLost() {
    if (lost) {
      throw new BadConfiguration(
          "replay %s is not this process's any more: it stood still for too long"
              .formatted(note.name()));
    }
  }

  private void renew() {
    long renewed = System.nanoTime();
    while (!closed && !lost) {
      LockSupport.parkNanos(PAUSE.toNanos());
      if (closed) {
        return;
      }
      try {
        long asked = System.nanoTime();
        lost = !StreamScan.result(broker.renewNote(note));
        renewed = asked;
      } catch (LeatException away) {
        lost = System.nanoTime() - renewed > KEPT.toNanos();
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(renewing);
    if (!lost) {
      try {
        var unused = StreamScan.result(broker.renewNote(note.forgotten()));
      } catch (LeatException away) {
        // Then it is forgotten by itself.
        lost = true;
      }
    }
  }
}

package dev.leat.system;

import dev.leat.BrokerUnavailable;
import dev.leat.DeadlineExceeded;
import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.Reply;
import dev.leat.Worker;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Senders and their workers over a folder, until it is killed. It says what was accepted and what
 * was answered, once it is; its workers write each into a ledger, with their answer.
 */
final class FileProgram {
  static final String TOPIC = "orders";
  static final String TYPE = "order";
  static final String LEDGER = "ledger";
  static final String ACCEPTED = "accepted ";
  static final String ANSWERED = "answered ";
  private static final int SENDERS = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final Duration PAUSE = Duration.ofMillis(20);

  private FileProgram() {}

  /** {@code URL RUN}: the run is part of each key. */
  public static void main(String... arguments) {
    Leat leat = Leat.connect(arguments[0]);
    Worker worker = work(leat);
    System.out.println("ready " + worker.inFlight());
    for (int i = 0; i < SENDERS; i++) {
      String sender = arguments[1] + "s" + i;
      String caller = arguments[1] + "c" + i;
      Thread.ofPlatform().start(() -> send(leat, sender));
      Thread.ofPlatform().start(() -> call(leat, caller));
    }
  }

  /** One message of a key at a time, each into the ledger. */
  static Worker work(Leat leat) {
    return leat.worker(TOPIC)
        .ordered()
        .on(
            TYPE,
            String.class,
            (text, request) -> Reply.of(text).andSend(LEDGER, "entry", Payload.text(text)))
        .start();
  }

  private static void send(Leat leat, String key) {
    for (int i = 0; true; i++) {
      String text = key + " " + i;
      unlessAway(
          () -> {
            leat.caller().withKey(key).send(TOPIC, TYPE, Payload.text(text));
            System.out.println(ACCEPTED + text);
          });
    }
  }

  private static void call(Leat leat, String key) {
    for (int i = 0; true; i++) {
      String text = key + " " + i;
      unlessAway(
          () ->
              System.out.println(
                  ANSWERED
                      + leat.caller()
                          .withKey(key)
                          .call(TOPIC, TYPE, Payload.text(text), String.class, PATIENCE)));
    }
  }

  /** Where nobody has the folder for a moment it is not known what became of a message. */
  private static void unlessAway(Runnable action) {
    try {
      action.run();
    } catch (BrokerUnavailable | DeadlineExceeded unknown) {
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }
}

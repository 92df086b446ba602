package dev.leat.broker.remote;

import dev.leat.Participant;
import dev.leat.broker.Announcement;
import dev.leat.broker.Broker;
import dev.leat.wire.ParticipantJson;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/** Who takes part in a process that is let in. Any thread. */
final class ServedParticipants {
  /**
   * That somebody is announced.
   *
   * @param participant as it was said last
   */
  private record Said(AtomicReference<Participant> participant, Announcement announcement) {}

  private final Broker broker;
  private final Map<Long, Said> all = new ConcurrentHashMap<>();

  ServedParticipants(Broker broker) {
    this.broker = broker;
  }

  /** What no version of Leat says is passed over. */
  void announce(long number, String json) {
    ParticipantJson.read(json).ifPresent(participant -> announce(number, participant));
  }

  private void announce(long number, Participant participant) {
    Said before = all.get(number);
    if (before != null) {
      before.participant.set(participant);
      return;
    }
    AtomicReference<Participant> latest = new AtomicReference<>(participant);
    all.put(number, new Said(latest, broker.announce(latest::get)));
  }

  void withdraw(long number) {
    Said said = all.remove(number);
    if (said != null) {
      said.announcement.close();
    }
  }

  /** The process is gone. */
  void withdrawAll() {
    all.keySet().forEach(this::withdraw);
  }
}

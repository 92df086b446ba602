package dev.leat.broker.remote;

import dev.leat.Participant;
import dev.leat.broker.Announcement;
import dev.leat.wire.ParticipantJson;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** That somebody takes part, which is said anew with each session and now and then. */
final class RemoteAnnouncement implements Announcement {
  private final Supplier<Participant> participant;
  private final Consumer<RemoteAnnouncement> onClosed;

  // Guarded by this.
  private @Nullable Session session;
  private long number;
  private boolean closed;

  RemoteAnnouncement(Supplier<Participant> participant, Consumer<RemoteAnnouncement> onClosed) {
    this.participant = participant;
    this.onClosed = onClosed;
  }

  /** Says it in a session, for the first time or again. */
  synchronized void say(Session now) {
    if (closed || now.hasEnded()) {
      return;
    }
    if (session != now) {
      session = now;
      number = now.nextNumber();
    }
    now.tell(Frame.ANNOUNCE.of(number).text(ParticipantJson.write(participant.get())));
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      if (session != null) {
        session.tell(Frame.WITHDRAW.of(number));
      }
    }
    onClosed.accept(this);
  }
}

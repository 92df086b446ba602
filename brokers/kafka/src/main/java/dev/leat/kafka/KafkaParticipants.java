package dev.leat.kafka;

import dev.leat.Headers;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.Participant;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.broker.Announcement;
import dev.leat.broker.Append;
import dev.leat.broker.Entry;
import dev.leat.broker.EventLoop;
import dev.leat.broker.FaultLog;
import dev.leat.wire.ParticipantJson;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says for all of this process that take part that they do, every few seconds, in a topic that is
 * forgotten soon: who has not said so for a while does not take part. Any thread.
 */
final class KafkaParticipants {
  private static final Logger log = LoggerFactory.getLogger(KafkaParticipants.class);
  private static final StreamRef SAID = new StreamRef.At(TopicNames.PARTICIPANTS);

  /** After which it is said again; twice it may be missed. */
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private static final Duration BELIEVED = PAUSE.multipliedBy(3);
  private static final String HERE = "participant.here";
  private static final String GONE = "participant.gone";
  private static final String ASKED = "participant.asked";
  private static final int PORTION = 1_000;

  private final KafkaBroker broker;
  private final FaultLog faults;
  private final Map<String, Supplier<Participant>> all = new ConcurrentHashMap<>();
  private final Recurring said;

  KafkaParticipants(KafkaBroker broker, EventLoop loop) {
    this.broker = broker;
    this.faults = new FaultLog(log, loop.clock());
    this.said = new Recurring(loop, PAUSE, this::sayAll);
  }

  Announcement add(Supplier<Participant> participant) {
    String id = UUID.randomUUID().toString();
    all.put(id, participant);
    say(id, participant);
    said.begin();
    return () -> {
      if (all.remove(id) != null) {
        var unused = send(id, GONE, Payload.EMPTY);
      }
    };
  }

  private CompletionStage<?> sayAll() {
    all.forEach(this::say);
    return CompletableFuture.completedStage(all);
  }

  private void say(String id, Supplier<Participant> participant) {
    var unused =
        send(id, HERE, Payload.text(ParticipantJson.write(participant.get())))
            .exceptionally(
                failure -> {
                  LeatException known = KafkaFailures.of(failure);
                  if (!said.isClosed()) {
                    faults.warn(
                        "others do not see who takes part here: {}",
                        String.valueOf(known.getMessage()));
                  }
                  return List.of();
                });
  }

  private CompletionStage<List<String>> send(String id, String type, Payload payload) {
    Message said = new Message(id, type, "", Headers.NONE, "", payload);
    return broker.append(List.of(new Append(SAID, said)));
  }

  /** Who takes part now, by the clock of the cluster: a question has its place there too. */
  CompletionStage<List<Participant>> now() {
    return send(UUID.randomUUID().toString(), ASKED, Payload.EMPTY)
        .thenCompose(
            asked -> {
              long now = EntryPlace.parse(asked.getFirst()).millis();
              Instant since = Instant.ofEpochMilli(now).minus(BELIEVED);
              return read(Position.at(since), new LinkedHashMap<>());
            })
        .thenApply(
            said ->
                said.values().stream()
                    .flatMap(text -> ParticipantJson.read(text).stream())
                    .toList());
  }

  private CompletionStage<Map<String, String>> read(Position from, Map<String, String> said) {
    return broker
        .range(SAID, from, PORTION)
        .thenCompose(
            portion -> {
              portion.forEach(one -> take(one, said));
              return portion.isEmpty()
                  ? CompletableFuture.completedStage(said)
                  : read(Position.after(portion.getLast().id()), said);
            });
  }

  private static void take(Entry entry, Map<String, String> said) {
    Message message = entry.message();
    switch (message.type()) {
      case HERE -> said.put(message.id(), message.payload().asText());
      case GONE -> said.remove(message.id());
      default -> {}
    }
  }

  /** Says that none of them takes part any more. */
  void close() {
    said.close();
    for (String id : List.copyOf(all.keySet())) {
      if (all.remove(id) != null) {
        var unused = send(id, GONE, Payload.EMPTY);
      }
    }
  }
}

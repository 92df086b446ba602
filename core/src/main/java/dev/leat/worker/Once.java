package dev.leat.worker;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Membership;
import dev.leat.broker.Note;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is kept of an idempotent request: that it is at work, then how it was answered. It is known
 * by its idempotency key, or where it has none by its id.
 */
final class Once {
  /** What is known of a request before it is begun. */
  sealed interface Known {
    /** Nothing, or that this same message was begun before and not finished. */
    record New() implements Known {}

    /** It was answered. */
    record Answered(Message reply) implements Known {}

    /** Another message with its key is at work. */
    record AtWork() implements Known {}

    /** Another request altogether had its key. */
    record Other() implements Known {}
  }

  private static final String AT_WORK = "at-work";
  private static final String FINGERPRINT = "once.fingerprint";

  /** The name that clients know it by; there is no standard one. */
  private static final String REPLAYED = Headers.HTTP_HEADER + "idempotent-replayed";

  private final Broker broker;
  private final Message message;
  private final String fingerprint;
  private final Note atWork;

  Once(Broker broker, Membership membership, Message message, Duration keep) {
    this.broker = broker;
    this.message = message;
    this.fingerprint = fingerprint(message);
    Headers own = Headers.of(FINGERPRINT, fingerprint);
    this.atWork =
        new Note(
            key(membership, message),
            new Message(message.id(), AT_WORK, "", own, membership.member(), Payload.EMPTY),
            keep);
  }

  /** Says that it is begun, unless something is known of it already. Blocks. */
  Known begin() {
    Optional<Message> kept = broker.noteIfAbsent(atWork).toCompletableFuture().join();
    if (kept.isEmpty()) {
      return new Known.New();
    }
    Message known = kept.orElseThrow();
    if (!known.headers().get(FINGERPRINT).orElse("").equals(fingerprint)) {
      return new Known.Other();
    }
    if (known.type().equals(AT_WORK)) {
      return known.id().equals(message.id()) ? new Known.New() : new Known.AtWork();
    }
    Headers headers = known.headers().without(FINGERPRINT::equals).with(REPLAYED, "true");
    return new Known.Answered(message.reply(headers, known.source(), known.payload()));
  }

  /** To be kept from now on: how it was answered. */
  Note answered(Message reply) {
    Headers headers = reply.headers().with(FINGERPRINT, fingerprint);
    return new Note(atWork.key(), reply.withHeaders(headers), atWork.keep());
  }

  /** It was not done: the same request may be tried again. */
  Note undone() {
    return atWork.forgotten();
  }

  private static String key(Membership membership, Message message) {
    Topic topic = membership.topic();
    Headers headers = message.headers();
    String own = headers.get(Headers.IDEMPOTENCY_KEY).orElse(message.id());
    return String.join(
        "::",
        topic.namespace(),
        topic.name(),
        "ANSWERS",
        membership.group(),
        message.type(),
        headers.get(Headers.AUTH_SUBJECT).orElse("") + "/" + own);
  }

  /** What makes two requests the same: their type, payload, path and parameters. */
  private static String fingerprint(Message message) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      Map<String, String> said = new TreeMap<>();
      message
          .headers()
          .forEach(
              (name, value) -> {
                if (name.equals(Headers.HTTP_METHOD)
                    || name.equals(Headers.HTTP_PATH)
                    || name.startsWith(Headers.HTTP_QUERY)) {
                  said.put(name, value);
                }
              });
      digest.update((message.type() + said).getBytes(StandardCharsets.UTF_8));
      digest.update(message.payload().encoding().wireName().getBytes(StandardCharsets.UTF_8));
      digest.update(message.payload().bytes());
      return HexFormat.of().formatHex(digest.digest(), 0, 16);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }
}

package dev.leat.worker;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Delivery;
import dev.leat.broker.Membership;
import dev.leat.broker.Note;
import java.nio.ByteBuffer;
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
final class IdempotencyRecord {
  /** What is known of a request before it is begun. */
  sealed interface Known {
    /** Nothing, or that this same message was begun before and not finished. */
    record New() implements Known {}

    /** It was answered. */
    record Answered(Message reply) implements Known {}

    /** Another message with its key is at work. */
    record AtWork() implements Known {}

    /** The same message was appended twice, and the other entry is at work: it will be answered. */
    record Doubled() implements Known {}

    /** Another request altogether had its key. */
    record Other() implements Known {}
  }

  /** Before the entry whose handler it is: the same one may be begun again, another may not. */
  private static final String AT_WORK = "at-work ";

  /**
   * How many leases it is kept that one is at work, unless it is renewed: a worker that died is
   * noticed after one and a quarter.
   */
  private static final int LEASES = 4;

  /**
   * How long a request without a key is known at most: nobody can ask for it again but who appended
   * it twice, or hands it over again, and either is done by then. To keep each for as long as those
   * with a key would take a server's memory for nothing.
   */
  private static final Duration UNASKED = Duration.ofMinutes(10);

  private static final String FINGERPRINT = "once.fingerprint";

  /** The name that clients know it by; there is no standard one. */
  private static final String REPLAYED = Headers.HTTP_HEADER + "idempotent-replayed";

  private final Broker broker;
  private final Message message;
  private final String fingerprint;
  private final Duration keep;
  private final Note atWork;

  IdempotencyRecord(Broker broker, Membership membership, Delivery delivery, Duration keep) {
    this.broker = broker;
    this.message = delivery.message();
    this.keep =
        message.headers().has(Headers.IDEMPOTENCY_KEY) || keep.compareTo(UNASKED) < 0
            ? keep
            : UNASKED;
    this.fingerprint = fingerprint(message);
    Headers own = Headers.of(FINGERPRINT, fingerprint);
    String type = AT_WORK + delivery.entryId();
    this.atWork =
        new Note(
            store(membership),
            name(message),
            new Message(message.id(), type, "", own, membership.member(), Payload.EMPTY),
            membership.lease().multipliedBy(LEASES));
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
    if (known.type().equals(atWork.message().type()) && known.id().equals(message.id())) {
      return new Known.New();
    }
    if (known.type().startsWith(AT_WORK)) {
      return known.id().equals(message.id()) ? new Known.Doubled() : new Known.AtWork();
    }
    Headers headers = known.headers().without(FINGERPRINT::equals).with(REPLAYED, "true");
    return new Known.Answered(message.reply(headers, known.source(), known.payload()));
  }

  /** It is still at work. */
  void renew() {
    var unused = broker.renewNote(atWork).exceptionally(failure -> false);
  }

  /** To be kept from now on: how it was answered. */
  Note answered(Message reply) {
    // What it took then says nothing of what it takes to answer from here.
    Headers headers =
        reply
            .headers()
            .without(name -> name.equals(Headers.TOOK) || name.equals(Headers.ATTEMPT))
            .with(FINGERPRINT, fingerprint);
    return atWork.replacedBy(reply.withHeaders(headers), keep);
  }

  /** It was not done: the same request may be tried again. */
  Note undone() {
    return atWork.forgotten();
  }

  private static String store(Membership membership) {
    Topic topic = membership.topic();
    return String.join(
        "::", topic.namespace(), topic.name(), "ANSWERS", escaped(membership.group()));
  }

  private static String name(Message message) {
    Headers headers = message.headers();
    String own = headers.get(Headers.IDEMPOTENCY_KEY).orElse(message.id());
    String subject = headers.get(Headers.AUTH_SUBJECT).orElse("");
    return escaped(message.type()) + "::" + escaped(subject) + "/" + escaped(own);
  }

  /** So that a part cannot be mistaken for two, nor two for one. */
  private static String escaped(String part) {
    return part.replace("%", "%25").replace(":", "%3A").replace("/", "%2F");
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
                    || Headers.isOf(Headers.HTTP_QUERY, name)) {
                  said.put(name, value);
                }
              });
      update(digest, message.type());
      said.forEach(
          (name, value) -> {
            update(digest, name);
            update(digest, value);
          });
      update(digest, message.payload().encoding().wireName());
      digest.update(message.payload().bytes());
      return HexFormat.of().formatHex(digest.digest(), 0, 16);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }

  /** With its length before it, so that where one ends and the next begins is never the same. */
  private static void update(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
    digest.update(bytes);
  }
}

package dev.leat;

import dev.leat.broker.GroupHealth;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** A connection to the embedded broker, and short words for what the tests look at. */
abstract class LeatFixture {
  static final Duration SECOND = Duration.ofSeconds(1);
  static final Duration LONG = Duration.ofSeconds(20);

  record GetUser(String id) {}

  record User(String id, String name) {}

  final Leat leat = Leat.connect("memory:");
  final Caller caller = leat.caller();

  @AfterEach
  void close() {
    leat.close();
  }

  User getUser(String id) {
    return caller.call("users", "user.get", new GetUser(id), User.class, LONG);
  }

  long pending(String topic) {
    return group(topic).pending().orElseThrow();
  }

  long backlog(String topic) {
    return group(topic).backlog().orElseThrow();
  }

  GroupHealth group(String topic) {
    return leat.broker()
        .health(Topic.of(topic).incoming())
        .toCompletableFuture()
        .join()
        .groups()
        .getFirst();
  }

  List<Message> deadLetters(String topic) {
    return leat
        .broker()
        .range(Topic.of(topic).deadLetters(), Position.START, 100)
        .toCompletableFuture()
        .join()
        .stream()
        .map(entry -> entry.message())
        .toList();
  }
}

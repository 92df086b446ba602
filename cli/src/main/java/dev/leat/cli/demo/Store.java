package dev.leat.cli.demo;

import dev.leat.Reply;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** Keeps what a service knows, under ascending numbers, for as long as the process lives. */
final class Store<T> {
  private final String kind;
  private final Map<Long, T> all = new ConcurrentSkipListMap<>();
  private final AtomicLong last = new AtomicLong();

  /** A store that calls what it keeps by a name, such as {@code user}. */
  Store(String kind) {
    this.kind = kind;
  }

  /** Keeps one more, made from the id it gets. */
  T add(Function<String, T> made) {
    long id = last.incrementAndGet();
    T thing = made.apply(Long.toString(id));
    all.put(id, thing);
    return thing;
  }

  Optional<T> find(String id) {
    return number(id).map(all::get);
  }

  List<T> list() {
    return List.copyOf(all.values());
  }

  /** The reply to whoever asked to delete one. */
  Reply delete(String id) {
    return number(id).map(all::remove).isPresent() ? Reply.empty() : notFound(id);
  }

  /** The reply to whoever asked for one that is not there. */
  Reply notFound(String id) {
    return Reply.problem(404, "Not found", "there is no " + kind + " '" + id + "'");
  }

  private static Optional<Long> number(String id) {
    try {
      return Optional.of(Long.parseLong(id));
    } catch (NumberFormatException notANumber) {
      return Optional.empty();
    }
  }
}

package dev.leat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Several who are told, as one; each adds to the headers what those before it have left. */
record Telemetries(List<Telemetry> all) implements Telemetry {
  private static final System.Logger log = System.getLogger(Telemetry.class.getName());

  /** All that modules bring, and one more. */
  static Telemetry with(Telemetry given) {
    List<Telemetry> found = new ArrayList<>();
    ServiceLoader<TelemetryProvider> modules = ServiceLoader.load(TelemetryProvider.class);
    for (Iterator<TelemetryProvider> each = modules.iterator(); hasNext(each); ) {
      next(each)
          // What a program names itself is not told twice.
          .filter(one -> one.isOn() && one.getClass() != given.getClass())
          .ifPresent(one -> found.add(new GuardedTelemetry(one)));
    }
    if (given.isOn()) {
      found.add(new GuardedTelemetry(given));
    }
    return switch (found.size()) {
      case 0 -> NONE;
      case 1 -> found.getFirst();
      default -> new Telemetries(List.copyOf(found));
    };
  }

  private static boolean hasNext(Iterator<TelemetryProvider> modules) {
    try {
      return modules.hasNext();
    } catch (ServiceConfigurationError | LinkageError broken) {
      left(broken);
      return false;
    }
  }

  private static Optional<Telemetry> next(Iterator<TelemetryProvider> modules) {
    try {
      return Optional.of(modules.next().telemetry());
    } catch (ServiceConfigurationError | LinkageError | RuntimeException broken) {
      left(broken);
      return Optional.empty();
    }
  }

  private static void left(Throwable broken) {
    log.log(
        System.Logger.Level.WARNING, "a module of telemetry cannot be loaded: left out", broken);
  }

  @Override
  public Runnable connected(Executor loop) {
    List<Runnable> ends = all.stream().map(one -> one.connected(loop)).toList();
    return () -> ends.forEach(Runnable::run);
  }

  @Override
  public Headers current(Headers headers) {
    return folded(all, headers, Telemetry::current);
  }

  @Override
  public Served serving(
      String method, String scheme, String path, Function<String, @Nullable String> headers) {
    List<Served> each =
        all.stream().map(one -> one.serving(method, scheme, path, headers)).toList();
    return new Served() {
      @Override
      public Headers addTo(Headers of) {
        return folded(each, of, Served::addTo);
      }

      @Override
      public void ended(Optional<String> route, int status) {
        each.forEach(one -> one.ended(route, status));
      }
    };
  }

  @Override
  public Sent sending(Outgoing message) {
    List<Sent> each = all.stream().map(one -> one.sending(message)).toList();
    return new Sent() {
      @Override
      public Headers addTo(Headers of) {
        return folded(each, of, Sent::addTo);
      }

      @Override
      public void ended(@Nullable Throwable failure) {
        each.forEach(one -> one.ended(failure));
      }
    };
  }

  @Override
  public Handled handling(Work work) {
    List<Handled> each = all.stream().map(one -> one.handling(work)).toList();
    return new Handled() {
      @Override
      public Headers addTo(Headers of) {
        return folded(each, of, Handled::addTo);
      }

      @Override
      public void ended(@Nullable Problem problem, @Nullable Throwable cause) {
        // What was begun last ends first: each may have changed what the thread is at work for.
        each.reversed().forEach(one -> one.ended(problem, cause));
      }
    };
  }

  @Override
  public void ended(Work work, Outcome outcome) {
    all.forEach(one -> one.ended(work, outcome));
  }

  private static <T> Headers folded(
      List<T> each, Headers headers, BiFunction<T, Headers, Headers> step) {
    Headers all = headers;
    for (T one : each) {
      all = step.apply(one, all);
    }
    return all;
  }
}

package dev.leat;

import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One who is told, and who may fail at that: what was told of goes on all the same, and whoever
 * looks after the program is told, but not each time.
 */
final class GuardedTelemetry implements Telemetry {
  private static final System.Logger log = System.getLogger(Telemetry.class.getName());

  /** Faults between two that are logged. */
  private static final long QUIET = 10_000;

  private final Telemetry told;
  private final AtomicLong faults = new AtomicLong();

  GuardedTelemetry(Telemetry told) {
    this.told = told;
  }

  @Override
  public Runnable connected(Executor loop) {
    Runnable nothing = () -> {};
    Runnable end = guarded(() -> told.connected(loop), nothing);
    return () -> run(end);
  }

  @Override
  public Headers current(Headers headers) {
    return added(headers, () -> told.current(headers));
  }

  @Override
  public Served serving(
      String method, String scheme, String path, Function<String, @Nullable String> headers) {
    Served served = guarded(() -> told.serving(method, scheme, path, headers), Served.NONE);
    return new Served() {
      @Override
      public Headers addTo(Headers of) {
        return added(of, () -> served.addTo(of));
      }

      @Override
      public void ended(Optional<String> route, int status) {
        run(() -> served.ended(route, status));
      }
    };
  }

  @Override
  public Sent sending(Outgoing message) {
    Sent sent = guarded(() -> told.sending(message), Sent.NONE);
    return new Sent() {
      @Override
      public Headers addTo(Headers of) {
        return added(of, () -> sent.addTo(of));
      }

      @Override
      public void ended(@Nullable Throwable failure) {
        run(() -> sent.ended(failure));
      }
    };
  }

  @Override
  public Handled handling(Work work) {
    Handled handled = guarded(() -> told.handling(work), Handled.NONE);
    return new Handled() {
      @Override
      public Headers addTo(Headers of) {
        return added(of, () -> handled.addTo(of));
      }

      @Override
      public void ended(@Nullable Problem problem, @Nullable Throwable cause) {
        run(() -> handled.ended(problem, cause));
      }
    };
  }

  @Override
  public void ended(Work work, Outcome outcome) {
    run(() -> told.ended(work, outcome));
  }

  /** What has as many headers as it may have goes without more of them. */
  private Headers added(Headers given, Supplier<Headers> adding) {
    Headers added = guarded(adding, given);
    return added.size() > Headers.MOST ? given : added;
  }

  private void run(Runnable telling) {
    Boolean unused =
        guarded(
            () -> {
              telling.run();
              return true;
            },
            false);
  }

  private <T> T guarded(Supplier<T> telling, T instead) {
    try {
      return telling.get();
    } catch (RuntimeException | LinkageError | AssertionError failure) {
      if (faults.getAndIncrement() % QUIET == 0) {
        log.log(
            System.Logger.Level.WARNING,
            told.getClass().getName() + " failed at what it was told; nothing else has",
            failure);
      }
      return instead;
    }
  }
}

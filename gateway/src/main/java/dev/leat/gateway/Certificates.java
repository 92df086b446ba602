package dev.leat.gateway;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.file.FileProps;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the files of certificates, and has them read again when they have changed. The old ones
 * stay where the new cannot be read.
 */
final class Certificates implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Certificates.class);

  /** Milliseconds; whoever renews a certificate does so days before it ends. */
  private static final long PAUSE = 2_000;

  /** Of a gateway that has none. */
  static final Certificates NONE = new Certificates(() -> {});

  private final Runnable end;

  private Certificates(Runnable end) {
    this.end = end;
  }

  /**
   * Begins to look.
   *
   * @param renew takes what was read of a listener's files
   */
  static Certificates watch(
      Vertx vertx, List<Listener> listeners, BiFunction<Listener, Proof, Future<?>> renew) {
    List<Listener> secured = listeners.stream().filter(l -> l.tls().isPresent()).toList();
    if (secured.isEmpty()) {
      return NONE;
    }
    Map<Listener, String> seen = new HashMap<>();
    long timer =
        vertx.setPeriodic(
            0, PAUSE, fired -> secured.forEach(listener -> look(vertx, listener, seen, renew)));
    return new Certificates(() -> vertx.cancelTimer(timer));
  }

  @Override
  public void close() {
    end.run();
  }

  private static void look(
      Vertx vertx,
      Listener listener,
      Map<Listener, String> seen,
      BiFunction<Listener, Proof, Future<?>> renew) {
    Tls tls = listener.tls().orElseThrow();
    List<Future<FileProps>> files =
        Stream.of(tls.certificate(), tls.key())
            .map(file -> vertx.fileSystem().props(file.toString()))
            .toList();
    Future.all(files)
        .onSuccess(
            there -> {
              String state = "";
              for (Future<FileProps> file : files) {
                state += file.result().lastModifiedTime() + " " + file.result().size() + " ";
              }
              String before = seen.put(listener, state);
              if (before != null && !before.equals(state)) {
                vertx
                    .executeBlocking(() -> Proof.read(vertx, tls))
                    .compose(proof -> renew.apply(listener, proof))
                    .onSuccess(done -> log.info("certificate={} renewed", tls.certificate()))
                    .onFailure(
                        unreadable ->
                            log.error(
                                "certificate={} changed but cannot be used, the old one stays: {}",
                                tls.certificate(),
                                unreadable.getMessage()));
              }
            });
  }
}

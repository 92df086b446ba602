package dev.leat.gateway;

import dev.leat.BadConfiguration;
import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.gateway.admission.Connections;
import dev.leat.gateway.ops.Management;
import dev.leat.gateway.ops.OperationsAccess;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/**
 * Health and metrics of a program that has no gateway, as a worker, at an address of their own. Any
 * thread.
 */
public final class ManagementPort implements AutoCloseable {
  private static final int MOST = 32;

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Management management;
  private final int port;

  private ManagementPort(Management management, int port) {
    this.management = management;
    this.port = port;
  }

  /**
   * Answers at an address until it is closed.
   *
   * @param topics whose state is among the metrics
   * @param access who may ask the operations API
   * @throws BadConfiguration if it cannot be listened on
   */
  public static ManagementPort open(
      Leat leat, Listener at, Collection<Topic> topics, OperationsAccess access) {
    List<Topic> all = List.copyOf(topics);
    Management management = new Management(leat.broker(), () -> all, access);
    try {
      return new ManagementPort(management, listen(management, at, List.of(leat.loop())));
    } catch (BadConfiguration taken) {
      management.close();
      throw taken;
    }
  }

  /** The port that is listened on. */
  public int port() {
    return port;
  }

  @Override
  public void close() {
    management.close();
  }

  /** On a loop and with connections of its own: it is to answer while the others do not. */
  static int listen(Management management, Listener at, List<Executor> loops) {
    Vertx own =
        Vertx.builder()
            .with(options(1))
            .withTransport(LimitedTransport.of(new Connections(MOST, MOST), PATIENCE))
            .build();
    try {
      return management
          .listen(own, at.host(), at.port(), loops)
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    } catch (CompletionException failure) {
      throw new BadConfiguration(
          "%s:%d, for management, cannot be listened on; name another address"
              .formatted(at.host(), at.port()),
          failure);
    }
  }

  static VertxOptions options(int loops) {
    return new VertxOptions()
        .setEventLoopPoolSize(loops)
        .setPreferNativeTransport(true)
        .setFileSystemOptions(
            new FileSystemOptions()
                .setFileCachingEnabled(false)
                .setClassPathResolvingEnabled(false));
  }
}

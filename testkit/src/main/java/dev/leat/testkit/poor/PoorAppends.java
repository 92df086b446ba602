package dev.leat.testkit.poor;

import dev.leat.BadMessage;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Lane;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What members append: by a lane, as anybody else, and before they take anything off. */
final class PoorAppends {
  private final Broker inner;
  private final EventLoop loop;

  /** Opened when it is first needed; confined to the loop. */
  private @Nullable Lane lane;

  PoorAppends(Broker inner, EventLoop loop) {
    this.inner = inner;
    this.loop = loop;
  }

  /** One after the other, in order; any thread. */
  CompletionStage<?> append(List<Append> appends) {
    Optional<BadMessage> refused = PoorBroker.tooLarge(appends);
    if (refused.isPresent()) {
      return CompletableFuture.failedStage(refused.get());
    }
    return CompletableFuture.supplyAsync(this::lane, loop)
        .thenCompose(
            open -> {
              CompletionStage<?> last = CompletableFuture.completedStage(null);
              for (Append one : appends) {
                last = last.thenCompose(done -> open.append(List.of(one)));
              }
              return last;
            });
  }

  private Lane lane() {
    Lane open = lane;
    if (open == null) {
      open = inner.openLane(loop, "poor-" + System.identityHashCode(this), replies -> {});
      lane = open;
    }
    return open;
  }
}

package dev.leat.testkit.poor;

import dev.leat.Dialect;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Cancellation;
import dev.leat.broker.Capability;
import dev.leat.broker.Lane;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A lane that knows one dialect and tells nobody that he is not waited for any more. */
final class PoorLane implements Lane {
  private final Lane inner;

  PoorLane(Lane inner) {
    this.inner = inner;
  }

  @Override
  public String replyAddress(Topic topic) {
    return inner.replyAddress(topic);
  }

  @Override
  public CompletionStage<List<String>> append(List<Append> batch) {
    if (batch.stream().anyMatch(append -> append.dialect() != Dialect.PACKED)) {
      return PoorBroker.missing(Capability.NAMED_DIALECT);
    }
    return PoorBroker.tooLarge(batch)
        .<CompletionStage<List<String>>>map(CompletableFuture::failedStage)
        .orElseGet(() -> inner.append(batch));
  }

  @Override
  public CompletionStage<?> cancel(Topic topic, Cancellation cancelled) {
    return CompletableFuture.completedStage(null);
  }

  @Override
  public void close() {
    inner.close();
  }
}

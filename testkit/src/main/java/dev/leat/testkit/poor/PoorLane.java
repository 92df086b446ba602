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
    return batch.stream().allMatch(append -> append.dialect() == Dialect.PACKED)
        ? inner.append(batch)
        : PoorBroker.missing(Capability.NAMED_DIALECT);
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

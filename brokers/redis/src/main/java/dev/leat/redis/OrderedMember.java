package dev.leat.redis;

import dev.leat.broker.DeliveryListener;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Membership;
import io.vertx.core.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A member of a group that keeps order by key. Whose turn it is only the server can tell, in the
 * one step in which it hands entries over: so all are taken by {@link Claims}, and what is read
 * here only says that there is something to take.
 */
final class OrderedMember extends RedisMember {
  private final String order;

  /** The entry behind which there was nothing yet; none where that is to be seen first. */
  private @Nullable String newest;

  OrderedMember(
      IoLoop io,
      Server server,
      RedisConnection control,
      EventLoop loop,
      Membership membership,
      DeliveryListener listener) {
    super(io, server, control, loop, membership, listener);
    this.order = Claims.order(membership);
  }

  @Override
  Future<Boolean> createGroup(String from) {
    newest = null;
    return Script.JOIN
        .run(
            connection(),
            List.of(stream(), Claims.delayed(membership()), order),
            command -> command.and(membership().group(), from).and(membership().lease().toMillis()))
        .map(made -> made.number() == 1);
  }

  @Override
  void onReady() {
    super.onReady();
    claims().claim();
  }

  @Override
  void onDemand() {
    claims().claim();
  }

  @Override
  boolean isPlaced() {
    return newest != null;
  }

  @Override
  Command next(int count) {
    return Command.of("XREAD", "COUNT", "1", "BLOCK")
        .and(SHORT_BLOCK)
        .and("STREAMS", stream(), String.valueOf(newest));
  }

  /** What it reads is not handed over. */
  @Override
  int mayBring(int count) {
    return 0;
  }

  @Override
  void onRead(List<RawEntry> batch) {
    if (!batch.isEmpty()) {
      newest = null;
    }
  }

  @Override
  void onEntries(List<RawEntry> batch) {
    claims().claim();
  }

  @Override
  public void onTaken(Claims.Taken taken) {
    super.onTaken(taken);
    if (taken.mayBeMore()) {
      claims().claim();
    } else if (!taken.newest().isEmpty()) {
      newest = taken.newest();
      seen(newest);
      read();
    }
  }

  /** What is under the member's name though it does not know of it is taken back at once. */
  @Override
  public void onUntaken(Throwable failure) {
    onFailure(failure);
  }
}

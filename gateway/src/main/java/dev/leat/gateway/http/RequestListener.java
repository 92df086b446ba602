package dev.leat.gateway.http;

import dev.leat.Message;
import dev.leat.gateway.route.Route;
import org.jspecify.annotations.Nullable;

/**
 * Hears of each request that has ended. Called on event loops, several at a time; must not block.
 */
public interface RequestListener {
  /** Nobody listens. */
  RequestListener NONE =
      new RequestListener() {
        @Override
        public long now() {
          return 0;
        }

        @Override
        public void ended(
            @Nullable Route route,
            Ending ending,
            int status,
            long began,
            @Nullable Message reply) {}
      };

  /** Nanoseconds from an arbitrary beginning, by which requests are measured. */
  long now();

  /**
   * A request has ended.
   *
   * @param route that took it; null where none did
   * @param status that the client saw; 0 where it saw none
   * @param began by {@link #now}
   * @param reply that it was answered with; null where it was not
   */
  void ended(@Nullable Route route, Ending ending, int status, long began, @Nullable Message reply);
}

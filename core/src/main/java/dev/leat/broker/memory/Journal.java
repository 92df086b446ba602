package dev.leat.broker.memory;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Where it is written down what changes, so that it outlives the process; or nowhere. Any thread.
 *
 * <p>What changes is written while what it changes is locked: then what stands in the journal is in
 * the order in which it happened.
 */
interface Journal {
  /** Of streams that end with their process. */
  Journal NONE =
      new Journal() {
        @Override
        public Changes begin() {
          return Changes.NONE;
        }

        @Override
        public void end() {}

        @Override
        public long write(Changes changes) {
          return 0;
        }

        @Override
        public long position() {
          return 0;
        }

        @Override
        public boolean isDurable(long position) {
          return true;
        }

        @Override
        public <T> CompletionStage<T> after(long position, T value) {
          return CompletableFuture.completedStage(value);
        }

        @Override
        public void gone(Changes.Placed placed) {}

        @Override
        public @Nullable String refusal(int bytes) {
          return null;
        }

        @Override
        public boolean keeps() {
          return false;
        }

        @Override
        public long largest() {
          return Long.MAX_VALUE;
        }

        @Override
        public @Nullable History history() {
          return null;
        }

        @Override
        public boolean hasFailed() {
          return false;
        }

        @Override
        public void close() {}
      };

  /** Whether anything is written at all. */
  boolean keeps();

  /** Begins an operation, which {@link #end} ends: no look at all of it is taken in between. */
  Changes begin();

  /** See {@link #begin}. */
  void end();

  /**
   * Writes what has changed, soon.
   *
   * @return its position
   * @throws dev.leat.BrokerUnavailable if nothing can be written any more
   */
  long write(Changes changes);

  /** Of what was written last. */
  long position();

  /** Whether what stands at a position is on the disk. */
  boolean isDurable(long position);

  /** A value, once what stands at a position is on the disk. */
  <T> CompletionStage<T> after(long position, T value);

  /** What was placed is not there any more. */
  void gone(Changes.Placed placed);

  /** Why there is no room for so many bytes more, if there is none. */
  @Nullable String refusal(int bytes);

  /** Bytes that one message may have. */
  long largest();

  /** Whether nothing can be written any more, though it is not closed. */
  boolean hasFailed();

  /** What is kept though nothing needs it; null where nothing is. */
  @Nullable History history();

  /** Writes what is left, and ends. */
  void close();
}

package dev.leat;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * Makes message ids: UUID version 7 (RFC 9562, section 5.7), so that an id itself says when it was
 * made and ids sort by time.
 *
 * <p>Any thread. Ids made by one generator ascend: within one millisecond the 12 bits after the
 * version are a counter (method 1 of section 6.2), which borrows from the next millisecond when it
 * is full.
 */
public final class MessageId {
  private static final int COUNTER_BITS = 12;

  private final InstantSource clock;
  private final RandomGenerator random;

  /** Milliseconds in the upper bits, the counter in the lower twelve; guarded by this. */
  private long last;

  /** A generator of the given time and randomness. */
  public MessageId(InstantSource clock, RandomGenerator random) {
    this.clock = clock;
    this.random = random;
  }

  /** A generator seeded from the operating system's secure randomness. */
  public static MessageId secure(InstantSource clock) {
    return new MessageId(clock, new Stock(new SecureRandom()));
  }

  /** Draws many bytes at a time: to ask for eight costs more than all the rest of an id. */
  private static final class Stock implements RandomGenerator {
    private static final int BYTES = 1024;

    private final SecureRandom source;
    private final byte[] drawn = new byte[BYTES];
    private final ByteBuffer left = ByteBuffer.wrap(drawn).limit(0);

    Stock(SecureRandom source) {
      this.source = source;
    }

    @Override
    public synchronized long nextLong() {
      if (!left.hasRemaining()) {
        source.nextBytes(drawn);
        left.clear();
      }
      return left.getLong();
    }
  }

  /** The next id, in the usual 36 characters. */
  public String next() {
    long stamp;
    synchronized (this) {
      stamp = Math.max(clock.millis() << COUNTER_BITS, last + 1);
      last = stamp;
    }
    long high = ((stamp >>> COUNTER_BITS) << 16) | 0x7000 | (stamp & 0xfff);
    long low = (random.nextLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
    return new UUID(high, low).toString();
  }

  /**
   * When an id was made.
   *
   * @throws IllegalArgumentException if it is not a UUID of version 7
   */
  public static Instant madeAt(String id) {
    UUID uuid = UUID.fromString(id);
    if (uuid.version() != 7) {
      throw new IllegalArgumentException(id + " is not a UUID of version 7, it does not say when");
    }
    return Instant.ofEpochMilli(uuid.getMostSignificantBits() >>> 16);
  }
}

package dev.leat.broker.memory;

import dev.leat.BadConfiguration;
import dev.leat.broker.BrokerUrl;
import java.util.Set;

/**
 * How much one stream may hold.
 *
 * @param entries messages
 * @param bytes of their payloads together
 */
record Limits(int entries, long bytes) {
  private static final String ENTRIES = "entries";
  private static final String BYTES = "bytes";

  /** A few seconds' work at the rate one process can do, in a heap of a few hundred megabytes. */
  private static final Limits DEFAULT = new Limits(65_536, 64L << 20);

  static Limits of(BrokerUrl url) {
    url.refuseOptionsBut(Set.of(ENTRIES, BYTES));
    return new Limits(
        Math.toIntExact(number(url, ENTRIES, DEFAULT.entries, Integer.MAX_VALUE)),
        number(url, BYTES, DEFAULT.bytes, Long.MAX_VALUE));
  }

  private static long number(BrokerUrl url, String option, long otherwise, long most) {
    String text = url.options().get(option);
    if (text == null) {
      return otherwise;
    }
    try {
      long value = Long.parseLong(text);
      if (value >= 1 && value <= most) {
        return value;
      }
    } catch (NumberFormatException notANumber) {
      // Refused below, with those out of range.
    }
    throw new BadConfiguration(
        "%s: '%s' is a number from 1 to %d, was '%s'".formatted(url, option, most, text));
  }
}

package dev.leat.kafka;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where replies to a lane go.
 *
 * @param partitions of the topic of replies, any of them
 * @param lane its name
 */
record LaneAddress(List<Integer> partitions, String lane) {
  private static final String BEGINNING = TopicNames.REPLIES + "/";

  /** The one that an address is; empty where it is something else. */
  static Optional<LaneAddress> read(String address) {
    int slash = address.indexOf('/', BEGINNING.length());
    if (!address.startsWith(BEGINNING) || slash < 0) {
      return Optional.empty();
    }
    String numbers = address.substring(BEGINNING.length(), slash);
    return numbers.matches("[0-9]{1,5}([.][0-9]{1,5}){0,3}")
        ? Optional.of(
            new LaneAddress(
                Arrays.stream(numbers.split("[.]", -1)).map(Integer::valueOf).toList(),
                address.substring(slash + 1)))
        : Optional.empty();
  }

  /** As a message names it. */
  @Override
  public String toString() {
    return BEGINNING
        + partitions.stream().map(String::valueOf).collect(Collectors.joining("."))
        + "/"
        + lane;
  }
}

package dev.leat.kafka;

import java.util.ArrayList;
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
  private static final int LARGEST = 99_999;

  /** Partitions beside the last. */
  private static final int MOST = 3;

  /** The one that an address is; empty where it is something else. */
  static Optional<LaneAddress> read(String address) {
    int slash = address.indexOf('/', BEGINNING.length());
    if (!address.startsWith(BEGINNING) || slash < 0) {
      return Optional.empty();
    }
    return partitions(address, slash)
        .map(partitions -> new LaneAddress(partitions, address.substring(slash + 1)));
  }

  /** Hot path: for each reply. */
  private static Optional<List<Integer>> partitions(String address, int end) {
    List<Integer> all = new ArrayList<>(2);
    int number = -1;
    for (int i = BEGINNING.length(); i < end; i++) {
      char sign = address.charAt(i);
      if (sign >= '0' && sign <= '9') {
        number = Math.max(0, number) * 10 + sign - '0';
      } else if (sign == '.' && number >= 0 && all.size() < MOST) {
        all.add(number);
        number = -1;
      } else {
        return Optional.empty();
      }
      if (number > LARGEST) {
        return Optional.empty();
      }
    }
    if (number < 0) {
      return Optional.empty();
    }
    all.add(number);
    return Optional.of(all);
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

package dev.leat.kafka;

import java.util.Optional;

/**
 * Where replies to a lane go.
 *
 * @param partition of the topic of replies
 * @param lane its name
 */
record LaneAddress(int partition, String lane) {
  private static final String BEGINNING = TopicNames.REPLIES + "/";

  /** The one that an address is; empty where it is something else. */
  static Optional<LaneAddress> read(String address) {
    int slash = address.indexOf('/', BEGINNING.length());
    if (!address.startsWith(BEGINNING) || slash < 0) {
      return Optional.empty();
    }
    String number = address.substring(BEGINNING.length(), slash);
    return number.matches("[0-9]{1,5}")
        ? Optional.of(new LaneAddress(Integer.parseInt(number), address.substring(slash + 1)))
        : Optional.empty();
  }

  /** As a message names it. */
  @Override
  public String toString() {
    return BEGINNING + partition + "/" + lane;
  }
}

package dev.leat.bench;

import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.Append;
import dev.leat.broker.Delivery;
import dev.leat.broker.Lane;
import dev.leat.broker.Membership;
import java.util.ArrayList;
import java.util.List;

/** Makes a stream long: what a group has yet to read is kept, whatever others have done with it. */
final class Retained {
  private static final int PORTION = 500;

  private Retained() {}

  /**
   * Appends so many requests to the stream that the benchmark's worker reads on from the end of.
   */
  static void fill(String url, int messages) {
    Topic topic = Topic.of("echo");
    try (Leat leat = Leat.connect(url)) {
      join(leat, topic, "archive", Position.START);
      Lane lane = leat.broker().openLane(leat.loop(), "fill", replies -> {});
      for (int done = 0; done < messages; done += PORTION) {
        List<Append> portion = new ArrayList<>(PORTION);
        for (int i = 0; i < Math.min(PORTION, messages - done); i++) {
          portion.add(new Append(topic.incoming(), message(done + i)));
        }
        lane.append(portion).toCompletableFuture().join();
      }
      join(leat, topic, Worker.DEFAULT_GROUP, Position.NOW);
    }
  }

  /** Asks for nothing, so that it is there and reads nothing. */
  private static void join(Leat leat, Topic topic, String group, Position from) {
    Membership member = Membership.of(topic, group, "nobody").withStart(from);
    leat.broker()
        .subscribe(member, (List<Delivery> none) -> {})
        .ready()
        .toCompletableFuture()
        .join();
  }

  private static Message message(int number) {
    return new Message(
        "kept-" + number, "echo", "", Headers.NONE, "bench", Payload.json("{\"kept\":true}"));
  }
}

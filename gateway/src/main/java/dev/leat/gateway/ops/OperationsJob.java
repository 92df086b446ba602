package dev.leat.gateway.ops;

import dev.leat.Message;
import dev.leat.trail.OperationsJson;
import dev.leat.trail.ReplayListener;
import dev.leat.wire.ReplyComparison.Difference;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Something that was begun and goes on by itself, as it stands. Any thread. */
final class OperationsJob implements ReplayListener {
  /** Differences of one replay that are remembered, and signs of them. */
  private static final int DIFFERENCES = 100;

  private static final int SIGNS = 1 << 18;

  private final String kind;
  private final String topic;
  private final String by;
  private final String began = InstantSource.system().instant().toString();
  private final Map<String, Object> said = new LinkedHashMap<>();
  private final List<Object> differences = new ArrayList<>();
  private int signs;
  private final String id;
  private String phase = "preparing";
  private volatile boolean isStopped;

  OperationsJob(String id, String kind, String topic, String by) {
    this.id = id;
    this.kind = kind;
    this.topic = topic;
    this.by = by;
  }

  synchronized void runs() {
    phase = "running";
  }

  String id() {
    return id;
  }

  String kind() {
    return kind;
  }

  String topic() {
    return topic;
  }

  synchronized boolean isAtWork() {
    return phase.equals("preparing") || phase.equals("running");
  }

  synchronized void end(String how) {
    phase = how;
  }

  void stop() {
    isStopped = true;
  }

  boolean isStopped() {
    return isStopped;
  }

  synchronized void say(String name, Object value) {
    said.put(name, value);
  }

  synchronized Map<String, Object> document(boolean withDifferences) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("job", id);
    all.put("kind", kind);
    all.put("topic", topic);
    all.put("by", by);
    all.put("began", began);
    all.put("phase", phase);
    all.putAll(said);
    if (withDifferences && !differences.isEmpty()) {
      all.put("differences", List.copyOf(differences));
    }
    return all;
  }

  @Override
  public synchronized void onProgress(long sent, long requests, long compared) {
    if (!Long.valueOf(sent).equals(said.put("sent", sent))) {
      said.remove("heldBackBy");
    }
    said.put("requests", requests);
  }

  @Override
  public void onHeldBack(long open) {
    say("heldBackBy", open);
  }

  @Override
  public synchronized void onDifference(
      String recordedId, String type, Message reply, List<Difference> found) {
    int more = found.stream().mapToInt(OperationsJob::signs).sum();
    if (differences.size() < DIFFERENCES && signs + more <= SIGNS) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("recorded", recordedId);
      all.put("id", reply.id());
      all.put("type", type);
      all.put("differences", found.stream().map(OperationsJson::difference).toList());
      differences.add(all);
      signs += more;
    }
  }

  private static int signs(Difference one) {
    return one.where().length()
        + one.was().map(String::length).orElse(0)
        + one.is().map(String::length).orElse(0);
  }
}

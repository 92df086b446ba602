package dev.leat.gateway.ops;

import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.broker.Broker;
import dev.leat.trail.OperationsJson;
import dev.leat.trail.Redrive;
import dev.leat.trail.Replay;
import dev.leat.trail.ReplayListener;
import dev.leat.trail.ReplayPlan;
import dev.leat.trail.Replays;
import dev.leat.wire.Redaction;
import dev.leat.wire.ReplyComparison;
import dev.leat.wire.ReplyComparison.Difference;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was begun by the operations API and goes on by itself: a replay, or dead letters that are
 * sent back. It ends with its process; a replay can then go on elsewhere. Any thread.
 */
final class OperationsJobs implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OperationsJobs.class);

  /** That are remembered, the latest. */
  private static final int KEPT = 100;

  /** That are at work at a time. */
  private static final int MOST = 4;

  /** Differences of one replay that are remembered. */
  private static final int DIFFERENCES = 100;

  private final Broker broker;
  private final Redaction hidden;

  /** Guarded by itself. */
  private final Map<String, Job> jobs =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Job> eldest) {
          return size() > KEPT && !eldest.getValue().isAtWork();
        }
      };

  private volatile boolean closed;

  OperationsJobs(Broker broker, Redaction hidden) {
    this.broker = broker;
    this.hidden = hidden;
  }

  /** One of them, as it stands. */
  private static final class Job implements ReplayListener {
    private final String id;
    private final String kind;
    private final String topic;
    private final String by;
    private final String began = InstantSource.system().instant().toString();
    private final Map<String, Object> said = new LinkedHashMap<>();
    private final List<Object> differences = new ArrayList<>();
    private String phase = "running";
    private volatile boolean isStopped;

    Job(String id, String kind, String topic, String by) {
      this.id = id;
      this.kind = kind;
      this.topic = topic;
      this.by = by;
    }

    synchronized boolean isAtWork() {
      return phase.equals("running");
    }

    synchronized void end(String how) {
      phase = how;
    }

    synchronized void say(String name, Object value) {
      said.put(name, value);
    }

    synchronized Map<String, Object> document() {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("job", id);
      all.put("kind", kind);
      all.put("topic", topic);
      all.put("by", by);
      all.put("began", began);
      all.put("phase", phase);
      all.putAll(said);
      if (!differences.isEmpty()) {
        all.put("differences", List.copyOf(differences));
      }
      return all;
    }

    @Override
    public void onProgress(long sent, long requests, long compared) {
      say("sent", sent);
      say("requests", requests);
    }

    @Override
    public synchronized void onDifference(
        String recordedId, String type, Message reply, List<Difference> found) {
      if (differences.size() < DIFFERENCES) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("recorded", recordedId);
        all.put("id", reply.id());
        all.put("type", type);
        all.put("differences", found.stream().map(OperationsJson::difference).toList());
        differences.add(all);
      }
    }
  }

  /** All that are remembered, or one. */
  List<Map<String, Object>> all(Optional<String> id) {
    synchronized (jobs) {
      return jobs.values().stream()
          .filter(job -> id.isEmpty() || id.get().equals(job.id))
          .map(Job::document)
          .toList();
    }
  }

  /**
   * Writes down what is to be sent again, and sends it.
   *
   * @throws IllegalArgumentException if too much is at work, or nothing would be sent
   */
  Map<String, Object> replay(ReplayPlan plan, ReplyComparison comparison, String by) {
    refuseIfBusy();
    return run(new Replays(broker).prepare(plan, by), comparison, by);
  }

  /** Goes on with a replay. */
  Map<String, Object> resume(String id, ReplyComparison comparison, String by) {
    refuseIfBusy();
    return run(new Replays(broker).find(id, by), comparison, by);
  }

  private Map<String, Object> run(Replay replay, ReplyComparison comparison, String by) {
    Job job = new Job(replay.id(), "replay", replay.plan().topic().toString(), by);
    job.say("requests", replay.selection().requests());
    start(
        job,
        running -> {
          try (replay) {
            Replay.Result result = replay.run(comparison, hidden, running, () -> running.isStopped);
            running.say("sent", result.sent());
            running.say("left", result.left());
            running.say("same", result.same());
            running.say("different", result.different());
            running.say("unanswered", result.unanswered());
            running.end(result.isStopped() ? "stopped" : "done");
          }
        });
    return job.document();
  }

  /** Sends dead letters back. */
  Map<String, Object> redrive(Redrive redrive, String topic, String by) {
    refuseIfBusy();
    Job job = new Job(UUID.randomUUID().toString(), "redrive", topic, by);
    start(
        job,
        running -> {
          Redrive.Result result =
              redrive.run(sent -> running.say("sent", sent), () -> running.isStopped, by);
          running.say("sent", result.sent());
          running.say("missed", result.missed());
          running.say("broken", result.broken());
          running.say("stranded", result.stranded());
          running.end(running.isStopped ? "stopped" : "done");
        });
    return job.document();
  }

  /** Has one stop; whether there is one. */
  boolean stop(String id) {
    synchronized (jobs) {
      Job job = jobs.get(id);
      if (job != null) {
        job.isStopped = true;
      }
      return job != null;
    }
  }

  private void refuseIfBusy() {
    synchronized (jobs) {
      if (closed || jobs.values().stream().filter(Job::isAtWork).count() >= MOST) {
        throw new IllegalArgumentException(
            "%d jobs are at work already: stop one, or wait".formatted(MOST));
      }
    }
  }

  private void start(Job job, Consumer<Job> work) {
    synchronized (jobs) {
      jobs.put(job.id, job);
    }
    Thread.startVirtualThread(
        () -> {
          try {
            work.accept(job);
          } catch (LeatException | IllegalArgumentException failure) {
            job.say("error", String.valueOf(failure.getMessage()));
            job.end("failed");
          } catch (RuntimeException failure) {
            log.error("job={} kind={} failed", job.id, job.kind, failure);
            job.say("error", "what went wrong is in the log");
            job.end("failed");
          }
        });
  }

  @Override
  public void close() {
    closed = true;
    synchronized (jobs) {
      jobs.values().forEach(job -> job.isStopped = true);
    }
  }
}

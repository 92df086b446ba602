package dev.leat.gateway.ops;

import dev.leat.LeatException;
import dev.leat.MessageId;
import dev.leat.broker.Broker;
import dev.leat.trail.AuditLog;
import dev.leat.trail.Redrive;
import dev.leat.trail.Replay;
import dev.leat.trail.ReplayPlan;
import dev.leat.trail.Replays;
import dev.leat.wire.Redaction;
import dev.leat.wire.ReplyComparison;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was begun by the operations API and goes on by itself: a replay, or dead letters that are
 * sent back. It ends with its process; a replay can then go on elsewhere. Any thread; blocks.
 */
final class OperationsJobs implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OperationsJobs.class);

  /** That are remembered, the latest. */
  private static final int KEPT = 100;

  /** That are at work at a time. */
  private static final int MOST = 4;

  /** Whoever asks is told what was wrong, where that is seen soon; else the job tells. */
  private static final Duration SOON = Duration.ofSeconds(2);

  /** How long whoever closes waits for what is under way to be written down. */
  private static final Duration FAREWELL = Duration.ofSeconds(3);

  private final Broker broker;
  private final Redaction hidden;
  private final MessageId ids = MessageId.secure(InstantSource.system());

  // Guarded by this.
  private final List<OperationsJob> jobs = new ArrayList<>();
  private boolean closed;

  OperationsJobs(Broker broker, Redaction hidden) {
    this.broker = broker;
    this.hidden = hidden;
  }

  /** All that are remembered; or one, with what it has found. */
  synchronized List<Map<String, Object>> all(Optional<String> id) {
    return jobs.stream()
        .filter(job -> id.isEmpty() || id.get().equals(job.id()))
        .map(job -> job.document(id.isPresent()))
        .toList();
  }

  /**
   * Writes down what is to be sent again, and sends it.
   *
   * @throws IllegalArgumentException if too much is at work
   */
  Map<String, Object> replay(ReplayPlan plan, ReplyComparison comparison, String by) {
    OperationsJob job = new OperationsJob(ids.next(), "replay", plan.topic().toString(), by);
    return run(job, () -> new Replays(broker).prepare(plan, by), comparison);
  }

  /** Goes on with a replay. */
  Map<String, Object> resume(String id, ReplyComparison comparison, String by) {
    String topic = Replays.of(broker, id).map(state -> state.plan().topic().toString()).orElse("");
    OperationsJob job = new OperationsJob(ids.next(), "replay", topic, by);
    return run(job, () -> new Replays(broker).find(id, by), comparison);
  }

  private Map<String, Object> run(
      OperationsJob job, Supplier<Replay> prepared, ReplyComparison comparison) {
    return start(
        job,
        begun -> {
          try (Replay replay = prepared.get()) {
            job.say("replay", replay.id());
            job.say("requests", replay.selection().requests());
            job.say("leftOut", leftOut(replay.selection()));
            job.runs();
            begun.run();
            Replay.Result result = replay.run(comparison, hidden, job, job::isStopped);
            job.say("sent", result.sent());
            job.say("left", result.left());
            job.say("same", result.same());
            job.say("different", result.different());
            job.say("unanswered", result.unanswered());
            job.end(result.isStopped() ? "stopped" : "done");
          }
        });
  }

  private static Map<String, Long> leftOut(Replays.Selection selection) {
    Map<String, Long> all = new LinkedHashMap<>();
    all.put("open", selection.open());
    all.put("replays", selection.replays());
    all.put("unanswered", selection.unanswered());
    all.put("missing", selection.missing());
    all.put("unsendable", selection.unsendable());
    all.values().removeIf(many -> many == 0);
    return all;
  }

  /** Sends dead letters back. */
  Map<String, Object> redrive(Redrive redrive, String topic, String by) {
    OperationsJob job = new OperationsJob(redrive.id(), "redrive", topic, by);
    return start(
        job,
        begun -> {
          job.runs();
          begun.run();
          Redrive.Result result = redrive.run(sent -> job.say("sent", sent), job::isStopped, by);
          job.say("sent", result.sent());
          job.say("missed", result.missed());
          job.say("broken", result.broken());
          job.say("stranded", result.stranded());
          job.end(result.isStopped() ? "stopped" : "done");
        });
  }

  /** Has one stop, and notes who did so; whether there is one. */
  boolean stop(String id, String by) {
    Optional<OperationsJob> found = find(id);
    found.filter(OperationsJob::isAtWork).ifPresent(job -> stop(job, by));
    return found.isPresent();
  }

  private synchronized Optional<OperationsJob> find(String id) {
    return jobs.stream().filter(job -> job.id().equals(id)).findFirst();
  }

  /** It stops, whatever becomes of the note. */
  private void stop(OperationsJob job, String by) {
    job.stop();
    new AuditLog(broker).add(job.id(), "job.stopped", job.topic(), by, Map.of("kind", job.kind()));
  }

  private synchronized void add(OperationsJob job) {
    if (closed || jobs.stream().filter(OperationsJob::isAtWork).count() >= MOST) {
      throw new IllegalArgumentException(
          "%d jobs are at work already: stop one, or wait".formatted(MOST));
    }
    jobs.add(job);
    for (int i = 0; i < jobs.size() && jobs.size() > KEPT; i++) {
      if (!jobs.get(i).isAtWork()) {
        jobs.remove(i--);
      }
    }
  }

  private synchronized void remove(OperationsJob job) {
    jobs.remove(job);
  }

  /** What a job does; it says when it has begun. */
  private interface Work {
    void run(Runnable begun);
  }

  private Map<String, Object> start(OperationsJob job, Work work) {
    add(job);
    CompletableFuture<Void> begun = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try {
            work.run(() -> begun.complete(null));
          } catch (LeatException | IllegalArgumentException failure) {
            job.say("error", String.valueOf(failure.getMessage()));
            job.end("failed");
            begun.completeExceptionally(failure);
          } catch (RuntimeException | Error failure) {
            log.error("job={} kind={} failed", job.id(), job.kind(), failure);
            job.say("error", "what went wrong is in the log");
            job.end("failed");
            begun.completeExceptionally(failure);
          }
        });
    return told(job, begun);
  }

  /** How it stands once it has begun, or that takes long. */
  private Map<String, Object> told(OperationsJob job, CompletableFuture<Void> begun) {
    try {
      begun.orTimeout(SOON.toMillis(), TimeUnit.MILLISECONDS).join();
    } catch (CompletionException failure) {
      if (failure.getCause() instanceof TimeoutException) {
        return job.document(false);
      }
      remove(job);
      throw failure.getCause() instanceof RuntimeException known ? known : failure;
    }
    return job.document(false);
  }

  /** Stops all of them; what they have done is written down, if that can be done soon. */
  @Override
  public void close() {
    List<OperationsJob> left;
    synchronized (this) {
      closed = true;
      left = List.copyOf(jobs);
    }
    left.forEach(OperationsJob::stop);
    long end = System.nanoTime() + FAREWELL.toNanos();
    while (left.stream().anyMatch(OperationsJob::isAtWork) && System.nanoTime() < end) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
  }
}

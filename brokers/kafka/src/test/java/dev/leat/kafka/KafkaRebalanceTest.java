package dev.leat.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Eight members that come and go under load. {@code -Dleat.kafka.plain=true} has a Kafka whose
 * groups are as it comes, which is told to be measured.
 */
class KafkaRebalanceTest {
  private static final int CLIENTS = 32;
  private static final int MEMBERS = 8;
  private static final Duration PAUSE = Duration.ofMillis(Long.getLong("leat.kafka.pause", 700));
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Map<String, String> AS_IT_COMES =
      Map.of(
          "group.consumer.heartbeat.interval.ms", "5000",
          "group.consumer.min.heartbeat.interval.ms", "5000",
          "group.consumer.session.timeout.ms", "45000");

  private final AtomicBoolean over = new AtomicBoolean();
  private final List<Long> took = Collections.synchronizedList(new ArrayList<>());
  private final List<String> failures = new CopyOnWriteArrayList<>();

  @Test
  void no_request_fails_while_members_come_and_go() throws InterruptedException {
    Map<String, String> settings = Boolean.getBoolean("leat.kafka.plain") ? AS_IT_COMES : Map.of();
    try (KafkaServerProcess server = KafkaServerProcess.start(settings);
        Leat caller = Leat.connect(url(server))) {
      Deque<Leat> members = new ArrayDeque<>();
      members.add(joined(url(server)));
      call(caller);
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(
            Thread.startVirtualThread(
                () -> {
                  while (!over.get()) {
                    call(caller);
                  }
                }));
      }
      pause();
      int warm = took.size();
      for (int i = 1; i < MEMBERS; i++) {
        members.add(joined(url(server)));
        pause();
      }
      for (int i = 1; i < MEMBERS; i++) {
        members.remove().close();
        pause();
      }
      over.set(true);
      for (Thread client : clients) {
        client.join();
      }
      members.remove().close();
      long[] measured =
          took.subList(warm, took.size()).stream().mapToLong(Long::longValue).sorted().toArray();
      System.out.printf(
          "kafka rebalance requests=%d p50=%.1fms p99=%.1fms p99.9=%.1fms longest=%.1fms%n",
          measured.length,
          at(measured, 0.5),
          at(measured, 0.99),
          at(measured, 0.999),
          at(measured, 1));
      assertThat(failures).isEmpty();
      assertThat(Arrays.stream(measured)).hasSizeGreaterThan(1_000);
    }
  }

  private static String url(KafkaServerProcess server) {
    return "kafka://%s?partitions=16%s".formatted(server.address(), KafkaServerProcess.OPTIONS);
  }

  private static double at(long[] sorted, double part) {
    return sorted[(int) Math.min(sorted.length - 1, Math.ceil(sorted.length * part))] / 1e6;
  }

  private static void pause() {
    long end = System.nanoTime() + PAUSE.toNanos();
    for (long left = PAUSE.toNanos(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static Leat joined(String url) {
    Leat member = Leat.connect(url);
    member.worker("rebalanced").on("echo", String.class, (text, request) -> text).start();
    return member;
  }

  private void call(Leat caller) {
    long began = System.nanoTime();
    try {
      String answer = caller.caller().call("rebalanced", "echo", "x", String.class, PATIENCE);
      if (!answer.equals("x")) {
        failures.add(answer);
      }
    } catch (RuntimeException failure) {
      failures.add(failure.toString());
    }
    took.add(System.nanoTime() - began);
  }
}

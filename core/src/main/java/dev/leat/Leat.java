package dev.leat;

import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.Capability;
import dev.leat.broker.EventLoop;
import dev.leat.broker.ThreadLoop;
import dev.leat.broker.UnreadTopics;
import dev.leat.caller.LaneCaller;
import dev.leat.caller.Listener;
import dev.leat.caller.PendingCalls;
import dev.leat.caller.StreamPublisher;
import dev.leat.worker.SentParts;
import dev.leat.worker.StreamWorker;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A connection to a broker, and the way to everything else.
 *
 * <pre>{@code
 * try (Leat leat = Leat.connect("memory:")) {
 *   leat.worker("users")
 *       .on("user.update", UpdateUser.class, (user, request) -> store.update(user))
 *       .start();
 *   User u = leat.caller().call("users", "user.get", new GetUser("7"), User.class, Duration.ofSeconds(1));
 * }
 * }</pre>
 *
 * <p>Any thread. It keeps the program alive until it is closed.
 */
public final class Leat implements AutoCloseable {
  private final ThreadLoop loop;
  private final Broker broker;
  private final String instance = UUID.randomUUID().toString().substring(0, 8);
  private final AtomicInteger names = new AtomicInteger();
  private final List<Worker> workers = new CopyOnWriteArrayList<>();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final MessageId ids;
  private final Telemetry telemetry;
  private final Runnable disconnected;
  private final PendingCalls calls;
  private final SentParts parts;
  private final Caller caller;

  private Leat(ThreadLoop loop, Broker broker, Telemetry telemetry) {
    this.loop = loop;
    this.broker = broker;
    this.telemetry = telemetry;
    this.ids = MessageId.secure(loop.clock());
    this.calls =
        CompletableFuture.supplyAsync(
                () -> new PendingCalls(broker, loop, ids, nextLane(), instance, telemetry), loop)
            .join();
    this.parts = new SentParts(calls::replyAddress, calls::append);
    calls.onReceived(parts::onReceived);
    this.disconnected = telemetry.connected(loop);
    this.caller = new LaneCaller(loop, calls, new UnreadTopics(broker, loop), Headers.NONE);
  }

  /**
   * Connects to the broker that a URL names, such as {@code memory:}.
   *
   * @throws BadConfiguration if the URL cannot be read or no broker has its scheme
   * @throws BrokerUnavailable if nothing answers there
   */
  public static Leat connect(String url) {
    return connect(url, Telemetry.NONE);
  }

  /**
   * The same.
   *
   * @param telemetry told of all that is sent and handled, beside those that modules bring
   */
  public static Leat connect(String url, Telemetry telemetry) {
    Telemetry told = Telemetries.with(telemetry);
    ThreadLoop loop = new ThreadLoop("leat", false);
    try {
      return new Leat(loop, Brokers.open(url, loop), told);
    } catch (RuntimeException failure) {
      loop.close();
      throw failure;
    }
  }

  /**
   * A worker on a topic, to be given handlers and started. It is closed with this connection.
   *
   * @param topic as {@link Topic#of} reads it
   * @throws BrokerUnavailable if this is closed
   */
  public Worker worker(String topic) {
    String member = instance + "-" + names.incrementAndGet();
    Worker worker = new StreamWorker(broker, loop, Topic.of(topic), member, telemetry, parts);
    workers.add(worker);
    if (closed.get()) {
      workers.remove(worker);
      throw new BrokerUnavailable("this connection is closed: no worker can begin on it");
    }
    return worker;
  }

  /** Asks services. One is enough for the whole program. */
  public Caller caller() {
    return caller;
  }

  /**
   * A topic's requests as a stream that is read along, taking nothing from the workers. Each
   * subscriber gets everything, on a thread that must not block.
   *
   * @throws Unsupported if the broker cannot be read along
   */
  public Flow.Publisher<Message> stream(String topic, Position from) {
    broker.require(Capability.TAIL);
    return new StreamPublisher(broker, Topic.of(topic).incoming(), from);
  }

  /**
   * Reads a broadcast: every listener gets every message of the topic, in order and one at a time,
   * and may block. It ends when it is closed, or with this connection.
   */
  public Listening listen(String topic, Position from, Consumer<Message> action) {
    Flow.Publisher<Message> stream = stream(topic, from);
    Listener listener = new Listener(action, listeners::remove);
    listeners.add(listener);
    stream.subscribe(listener);
    return listener;
  }

  /** The broker itself: what gateways and tools build on. */
  public Broker broker() {
    return broker;
  }

  /** Where its own timers live; its thread is its own. */
  public EventLoop loop() {
    return loop;
  }

  /** Makes the ids of messages. */
  public MessageId ids() {
    return ids;
  }

  /** Who is told of all that is sent and handled. */
  public Telemetry telemetry() {
    return telemetry;
  }

  /** Who this is, in the source of its messages and the names of its members. */
  public String instance() {
    return instance;
  }

  /** The name of a lane that is like no other. */
  public String nextLane() {
    return instance + "-" + names.incrementAndGet();
  }

  /**
   * Lets the workers finish what they hold, fails the calls that still wait, then disconnects.
   * Blocks as long as the workers' drain; whoever calls it again waits for the same.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      ended.join();
      return;
    }
    try {
      end();
    } finally {
      ended.complete(null);
    }
  }

  /** Has a {@link #close} that waits for handlers wait no longer. Does not block. */
  public void hasten() {
    workers.forEach(Worker::hasten);
  }

  private void end() {
    List<Thread> draining = workers.stream().map(w -> Thread.startVirtualThread(w::close)).toList();
    draining.forEach(Leat::join);
    listeners.forEach(Listener::close);
    CompletableFuture.runAsync(calls::close, loop).join();
    broker.close();
    disconnected.run();
    loop.close();
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

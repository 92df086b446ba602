package dev.leat.broker.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.BadMessage;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.Delivery;
import dev.leat.broker.Entry;
import dev.leat.broker.Lane;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.broker.ThreadLoop;
import dev.leat.wire.RecordWriter;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker through its socket: what is large, what is cut, and who goes on after that. */
class RemoteBrokerTest {
  private static final Topic TOPIC = Topic.of("work");
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int MEGABYTE = 1 << 20;

  private final ThreadLoop loop = new ThreadLoop("remote-test", true);
  private final List<SocketChannel> channels = new CopyOnWriteArrayList<>();
  private final Broker owner = Brokers.open("memory:?bytes=400000000", loop);
  private final Path socket;
  private final BrokerServer server;
  private final RemoteBroker remote;

  RemoteBrokerTest(@TempDir Path sockets) throws IOException {
    socket = sockets.resolve("s");
    server = BrokerServer.start(owner, loop, socket);
    remote =
        RemoteBroker.connect(
            "test:",
            loop,
            owner.capabilities(),
            new RemoteBroker.Way() {
              @Override
              public SocketChannel connect() throws IOException {
                SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                channels.add(channel);
                return channel;
              }

              @Override
              public void close() {}
            },
            PATIENCE);
  }

  @AfterEach
  void closeAll() {
    remote.close();
    server.close();
    owner.close();
    loop.close();
  }

  @Test
  void deliveries_that_are_large_are_told_as_they_are_taken() {
    for (int i = 0; i < 10; i++) {
      append(owner, "x".repeat(10 * MEGABYTE));
    }
    AtomicInteger done = new AtomicInteger();
    Set<Integer> attempts = new ConcurrentSkipListSet<>();
    Subscription member =
        remote.subscribe(
            Membership.of(TOPIC, "g", "m"),
            batch -> {
              for (Delivery one : batch) {
                attempts.add(one.attempt());
                var unused =
                    one.complete(List.of()).thenAccept(ended -> done.addAndGet(ended ? 1 : 0));
              }
            });
    member.request(64);
    await().atMost(Duration.ofSeconds(30)).until(() -> done.get() == 10);
    assertThat(attempts).containsExactly(1);
    assertThat(channels).hasSize(1);
    member.close();
  }

  @Test
  void a_range_of_more_than_an_answer_may_have_is_read_in_several() {
    for (int i = 0; i < 10; i++) {
      append(owner, "x".repeat(10 * MEGABYTE));
    }
    int seen = 0;
    Position from = Position.START;
    List<Entry> page = result(remote.range(TOPIC.incoming(), from, 100));
    while (!page.isEmpty()) {
      seen += page.size();
      from = Position.after(page.getLast().id());
      page = result(remote.range(TOPIC.incoming(), from, 100));
    }
    assertThat(seen).isEqualTo(10);
    assertThat(channels).hasSize(1);
  }

  @Test
  void what_is_larger_than_a_frame_is_refused_and_the_rest_goes_on() {
    Lane lane = remote.openLane(loop, "large", replies -> {});
    List<Append> batch =
        IntStream.range(0, 6).mapToObj(i -> message("x".repeat(90 * MEGABYTE))).toList();
    assertThatThrownBy(() -> result(lane.append(batch)))
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(BadMessage.class)
        .hasMessageContaining("bytes at once are more than it takes");
    append(remote, "small");
    assertThat(channels).hasSize(1);
  }

  @Test
  void lanes_and_members_go_on_after_a_cut_and_what_was_held_goes_to_others() {
    List<Message> replies = new CopyOnWriteArrayList<>();
    Lane lane = remote.openLane(loop, "caller", replies::addAll);
    List<Delivery> held = new CopyOnWriteArrayList<>();
    Subscription member = remote.subscribe(Membership.of(TOPIC, "g", "m"), held::addAll);
    member.request(100);
    append(remote, "one");
    await().until(() -> held.size() == 1);
    for (int cut = 1; cut <= 6; cut++) {
      int so = cut;
      close(channels.getLast());
      await().until(() -> held.size() == so + 1);
      assertThat(held.getLast().attempt()).isEqualTo(so + 1);
      assertThat(result(held.get(so - 1).complete(List.of()))).isFalse();
      answer(lane.replyAddress(TOPIC), "reply " + so);
      await().until(() -> replies.size() == so);
    }
    assertThat(result(held.getLast().complete(List.of()))).isTrue();
    lane.close();
    member.close();
  }

  @Test
  void what_a_client_said_before_its_newest_connection_is_not_taken_after_it() throws IOException {
    try (SocketChannel first = hello("c", 1);
        SocketChannel other = hello("other", 1)) {
      assertThat(isAnswered(first)).isTrue();
      try (SocketChannel second = hello("c", 2)) {
        assertThat(isAnswered(first)).isFalse();
        assertThat(isAnswered(second)).isTrue();
        assertThatThrownBy(() -> hello("c", 1)).isInstanceOf(EOFException.class);
        assertThat(isAnswered(second)).isTrue();
      }
      assertThat(isAnswered(other)).isTrue();
    }
  }

  /** A connection whose hello is answered. */
  private SocketChannel hello(String client, long turn) throws IOException {
    SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    send(channel, Frame.HELLO.of(0).number(Frame.VERSION).text(client).number(turn));
    receive(channel);
    return channel;
  }

  private static boolean isAnswered(SocketChannel channel) {
    try {
      send(channel, Frame.PING.of(7));
      receive(channel);
      return true;
    } catch (IOException ended) {
      return false;
    }
  }

  private static void send(SocketChannel channel, RecordWriter frame) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 + frame.size());
    bytes.putInt(frame.size()).put(frame.bytes(), 0, frame.size());
    channel.write(bytes.flip());
  }

  private static void receive(SocketChannel channel) throws IOException {
    DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
    in.skipNBytes(in.readInt());
  }

  @Test
  void who_reads_along_misses_nothing_and_sees_nothing_twice_over_cuts() {
    List<String> seen = new CopyOnWriteArrayList<>();
    Subscription tail =
        remote.tail(
            TOPIC.incoming(),
            Position.START,
            batch -> batch.forEach(one -> seen.add(one.message().payload().asText())));
    tail.request(Integer.MAX_VALUE);
    for (int i = 0; i < 2_000; i++) {
      append(owner, "" + i);
      if (i % 200 == 100) {
        close(channels.getLast());
        await().until(() -> isThere());
      }
    }
    await().until(() -> seen.size() >= 2_000);
    assertThat(seen).isEqualTo(IntStream.range(0, 2_000).mapToObj(Integer::toString).toList());
    tail.close();
  }

  private boolean isThere() {
    try {
      result(remote.ping());
      return true;
    } catch (CompletionException away) {
      return false;
    }
  }

  private void answer(String address, String text) {
    Lane lane = owner.openLane(loop, "worker", replies -> {});
    Message reply = new Message("id", Message.REPLY, "", Headers.NONE, "", Payload.text(text));
    await()
        .until(
            () ->
                !result(lane.append(List.of(new Append(new StreamRef.At(address), reply))))
                    .getFirst()
                    .isEmpty());
    lane.close();
  }

  private void append(Broker broker, String text) {
    Lane lane = broker.openLane(loop, "sender", replies -> {});
    assertThat(result(lane.append(List.of(message(text))))).hasSize(1);
    lane.close();
  }

  private static Append message(String text) {
    return new Append(
        TOPIC.incoming(), new Message("id", "x", "", Headers.NONE, "", Payload.text(text)));
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  private static <T> T result(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }
}

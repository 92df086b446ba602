package dev.leat.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.Topic;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class UnreadTopicsTest {
  private final Leat leat = Leat.connect("memory:");
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(UnreadTopics.class);

  @BeforeEach
  void listen() {
    lines.start();
    logger.addAppender(lines);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(lines);
    leat.close();
  }

  @Test
  void a_topic_that_nobody_has_ever_read_is_said_once_with_the_nearest_name() {
    leat.worker("users").on("x", String.class, (text, request) -> text).start();
    leat.caller().send("usrs", "x", Payload.text("lost"));
    UnreadTopics unread = new UnreadTopics(leat.broker(), new AtOnce(leat.loop()));
    unread.sentTo(Topic.of("usrs"));
    unread.sentTo(Topic.of("users"));
    unread.sentTo(Topic.of("usrs"));
    unread.sentTo(Topic.of("payments"));

    await().until(() -> lines.list.size() >= 2);
    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactlyInAnyOrder(
            "topic=usrs no worker has ever read it, what is sent there waits; there is a topic 'users'",
            "topic=payments no worker has ever read it, what is sent there waits");
  }

  /** A loop on which nobody waits. */
  private record AtOnce(EventLoop loop) implements EventLoop {
    @Override
    public boolean inLoop() {
      return loop.inLoop();
    }

    @Override
    public void execute(Runnable task) {
      loop.execute(task);
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
      return loop.schedule(Duration.ZERO, task);
    }

    @Override
    public InstantSource clock() {
      return loop.clock();
    }
  }
}

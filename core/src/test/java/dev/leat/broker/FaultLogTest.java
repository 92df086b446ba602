package dev.leat.broker;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FaultLogTest {
  private final AtomicLong seconds = new AtomicLong();
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  @Test
  void so_many_a_minute_are_logged_and_of_the_others_their_number() {
    Logger logger = new LoggerContext().getLogger("faults");
    lines.start();
    logger.addAppender(lines);
    FaultLog faults = new FaultLog(logger, () -> Instant.ofEpochSecond(seconds.get()));

    for (int i = 0; i < 1_000; i++) {
      faults.warn("entry={} is broken", i);
    }
    assertThat(lines.list).hasSize(10);
    seconds.set(60);
    faults.warn("entry={} is broken", "last");

    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .startsWith("entry=0 is broken", "entry=1 is broken")
        .endsWith(
            "faults=990 were not logged, which came in the minute before", "entry=last is broken")
        .hasSize(12);
  }
}

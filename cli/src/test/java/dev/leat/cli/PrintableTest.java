package dev.leat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import org.junit.jupiter.api.Test;

class PrintableTest {
  @Test
  void a_line_stays_one_and_moves_no_cursor() {
    assertThat(Printable.line("a\n07:00:00 ERROR forged\r\u001b[2J\u009b\u202e\u2028\tz"))
        .isEqualTo("a\\n07:00:00 ERROR forged\\r\\u001b[2J\\u009b\\u202e\\u2028\\tz");
    assertThat(Printable.text("a\n\tb\u001b[2J")).isEqualTo("a\n\tb\\u001b[2J");
  }

  @Test
  void what_people_write_is_as_they_wrote_it() {
    String text = "grüße, 你好 \"a\" \\n \ud83d\ude00";
    assertThat(Printable.line(text)).isSameAs(text);
  }

  @Test
  void a_log_has_one_line_for_an_event_whatever_is_in_it() {
    Logger logger = new LoggerContext().getLogger("dev.leat.worker.DeliveryTask");
    Exception failure = new IllegalStateException("a\n07:00 ERROR forged", new Exception("b\nc"));
    LoggingEvent event =
        new LoggingEvent(
            "", logger, Level.WARN, "type={} failed", failure, new Object[] {"x\n07:00 forged"});

    assertThat(new PrintableLayout().doLayout(event).lines().toList())
        .allMatch(line -> !line.startsWith("07:00"))
        .anyMatch(line -> line.endsWith(" WARN  DeliveryTask type=x\\n07:00 forged failed"))
        .contains("java.lang.IllegalStateException: a\\n07:00 ERROR forged")
        .contains("Caused by: java.lang.Exception: b\\nc")
        .anyMatch(line -> line.startsWith("\tat dev.leat.cli.PrintableTest"));
  }
}

package dev.leat.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import ch.qos.logback.core.LayoutBase;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * One line for each event, and one for each frame of its failure; what strangers say is printable.
 */
final class PrintableLayout extends LayoutBase<ILoggingEvent> {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");
  private static final String END = System.lineSeparator();

  private final ZoneId zone = ZoneId.systemDefault();

  @Override
  public String doLayout(ILoggingEvent event) {
    String logger = event.getLoggerName();
    StringBuilder text =
        new StringBuilder(128)
            .append(TIME.format(Instant.ofEpochMilli(event.getTimeStamp()).atZone(zone)))
            .append(String.format(" %-5s ", event.getLevel()))
            .append(logger, logger.lastIndexOf('.') + 1, logger.length())
            .append(' ')
            .append(ofMessage(event))
            .append(Printable.line(String.valueOf(event.getFormattedMessage())))
            .append(END);
    append(text, event.getThrowableProxy(), "");
    return text.toString();
  }

  /** What a handler logs says of which message it is, if it does not so itself. */
  private static String ofMessage(ILoggingEvent event) {
    // What is logged is written by the thread that logs it.
    String id = MDC.get("leat.message");
    return id == null || String.valueOf(event.getFormattedMessage()).startsWith("message=")
        ? ""
        : "message=" + Printable.line(id) + " ";
  }

  private static void append(StringBuilder text, @Nullable IThrowableProxy failure, String before) {
    if (failure == null) {
      return;
    }
    text.append(before).append(failure.getClassName());
    if (failure.getMessage() != null) {
      text.append(": ").append(Printable.line(failure.getMessage()));
    }
    text.append(END);
    StackTraceElementProxy[] frames = failure.getStackTraceElementProxyArray();
    int own = frames.length - failure.getCommonFrames();
    for (int i = 0; i < own; i++) {
      text.append("\tat ").append(frames[i].getStackTraceElement()).append(END);
    }
    if (failure.getCommonFrames() > 0) {
      text.append("\t... ").append(failure.getCommonFrames()).append(" common frames").append(END);
    }
    if (!failure.isCyclic()) {
      for (IThrowableProxy suppressed : failure.getSuppressed()) {
        append(text, suppressed, "Suppressed: ");
      }
      append(text, failure.getCause(), "Caused by: ");
    }
  }
}

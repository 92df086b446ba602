package dev.leat.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.List;
import java.util.Map;
import org.slf4j.LoggerFactory;

/**
 * What is logged goes to standard error; what a command prints is on standard output. In Java
 * rather than in a file, since to read one takes a tenth of a second of every command.
 */
public final class Logs extends ContextAwareBase implements Configurator {
  private static final String LEVEL = "LEAT_LOG";

  /** For {@link java.util.ServiceLoader}. */
  public Logs() {}

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    PrintableLayout layout = new PrintableLayout();
    layout.setContext(context);
    layout.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(context);
    encoder.setLayout(layout);
    encoder.start();
    ConsoleAppender<ILoggingEvent> standardError = new ConsoleAppender<>();
    standardError.setContext(context);
    standardError.setTarget("System.err");
    standardError.setEncoder(encoder);
    standardError.start();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(level(System.getenv()));
    root.addAppender(standardError);
    if (System.getenv(LEVEL) == null) {
      // They say each time that a server does not answer; what it means is said by the broker.
      context.getLogger("org.apache.kafka").setLevel(Level.ERROR);
      // With a stack for each partition that has no leader, and each commit of a member that left.
      for (String loud :
          List.of(
              "admin.internals.PartitionLeaderStrategy",
              "consumer.internals.CommitRequestManager")) {
        context.getLogger("org.apache.kafka.clients." + loud).setLevel(Level.OFF);
      }
    }
    // That meters are there before somebody reads them is as it should be.
    context
        .getLogger("io.micrometer.core.instrument.composite.CompositeMeterRegistry")
        .setLevel(Level.ERROR);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /**
   * A command that others look after tells the operator's story too, unless {@code LEAT_LOG} says
   * what it wants.
   */
  static void tellOperators() {
    if (System.getenv(LEVEL) == null
        && LoggerFactory.getLogger("dev.leat") instanceof Logger house) {
      house.setLevel(Level.INFO);
    }
  }

  private static Level level(Map<String, String> environment) {
    return Level.toLevel(environment.get(LEVEL), Level.WARN);
  }
}

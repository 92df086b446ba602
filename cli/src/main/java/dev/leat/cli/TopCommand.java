package dev.leat.cli;

import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.broker.Capability;
import dev.leat.trail.Census;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.NonBlockingReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows what is in flight, live. */
@Command(
    name = "top",
    description = {
      "Shows what is in flight, live, in a terminal; the columns are those of census.",
      "Arrows choose a topic, enter lists what is open of it, s changes the order, p pauses, q ends."
    },
    mixinStandardHelpOptions = true)
final class TopCommand implements Callable<Integer> {
  /** Open messages that are listed: more than a screen has. */
  private static final int MOST_OPEN = 1_000;

  /** Milliseconds in which the rest of a key comes, of those that are several signs. */
  private static final long REST_OF_KEY = 30;

  private static final int ESCAPE = 27;
  private static final int CONTROL_C = 3;

  private final Screen screen = Screen.ofThisProcess();
  @Spec private CommandSpec spec;
  @Mixin private final BrokerOption broker = new BrokerOption();

  @Option(
      names = "--every",
      paramLabel = "TIME",
      defaultValue = "1s",
      converter = Durations.class,
      description = "How often to look. Default: ${DEFAULT-VALUE}.")
  private Duration every;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (!Screen.isTerminal()) {
      throw new ParameterException(
          spec.commandLine(), "top needs a terminal; elsewhere there is leat census --watch");
    }
    Leat leat = broker.connect();
    Closing closing = Closing.on(leat::close);
    try (Terminal terminal = TerminalBuilder.builder().system(true).dumb(false).build()) {
      Attributes before = terminal.enterRawMode();
      PrintWriter out = terminal.writer();
      out.print(Screen.BEGIN);
      try {
        run(leat, terminal, new TopView(screen));
      } finally {
        out.print(Screen.END);
        out.flush();
        terminal.setAttributes(before);
      }
    } finally {
      closing.now();
    }
    return ExitCode.OK;
  }

  private void run(Leat leat, Terminal terminal, TopView view) throws IOException {
    long next = System.nanoTime();
    while (!view.isEnded()) {
      if (System.nanoTime() - next >= 0) {
        if (!view.isPaused()) {
          look(leat, view);
        }
        next = System.nanoTime() + Math.max(Duration.ofMillis(100).toNanos(), every.toNanos());
      }
      draw(terminal, view);
      boolean hadChosen = view.chosen().isPresent();
      key(terminal.reader(), Math.max(1, (next - System.nanoTime()) / 1_000_000))
          .ifPresent(view::press);
      if (!hadChosen && view.chosen().isPresent()) {
        next = System.nanoTime();
      }
    }
  }

  private static void look(Leat leat, TopView view) {
    try {
      Census census = Census.of(leat.broker()).toCompletableFuture().join();
      view.show(census);
      view.chosen().ifPresent(topic -> view.showOpen(open(leat, census, topic)));
    } catch (CompletionException away) {
      Throwable cause = away.getCause() == null ? away : away.getCause();
      view.show(Printable.line(String.valueOf(cause.getMessage())));
    }
  }

  private static List<String> open(Leat leat, Census census, Topic topic) {
    if (!leat.broker().capabilities().contains(Capability.CENSUS)) {
      return List.of(String.valueOf(Capability.CENSUS.missing().getMessage()));
    }
    List<String> lines = new ArrayList<>();
    new Census(census.topic(topic).stream().toList())
        .forEachOpen(
            leat.broker(),
            one -> {
              lines.add(OpenLine.of(one, Screen.of(false)));
              return lines.size() < MOST_OPEN;
            })
        .toCompletableFuture()
        .join();
    return lines;
  }

  private static void draw(Terminal terminal, TopView view) {
    PrintWriter out = terminal.writer();
    int width = Math.max(20, terminal.getSize().getColumns());
    int height = Math.max(5, terminal.getSize().getRows());
    StringBuilder all = new StringBuilder(Screen.HOME);
    List<String> lines = view.lines(width, height);
    for (int i = 0; i < lines.size(); i++) {
      all.append(lines.get(i))
          .append(Screen.REST_OF_LINE)
          .append(i + 1 < lines.size() ? "\r\n" : "");
    }
    out.print(all.append(Screen.REST_OF_SCREEN));
    out.flush();
  }

  /** The next key, if one comes in a time; who has hung up has ended it. */
  private static Optional<TopView.Key> key(NonBlockingReader in, long millis) throws IOException {
    int sign = in.read(millis);
    if (sign == NonBlockingReader.READ_EXPIRED) {
      return Optional.empty();
    }
    return Optional.of(
        switch (sign) {
          case NonBlockingReader.EOF, 'q', 'Q', CONTROL_C -> TopView.Key.QUIT;
          case 'k' -> TopView.Key.UP;
          case 'j' -> TopView.Key.DOWN;
          case '\r', '\n' -> TopView.Key.ENTER;
          case 's' -> TopView.Key.SORT;
          case 'p', ' ' -> TopView.Key.PAUSE;
          case 8, 127 -> TopView.Key.BACK;
          case ESCAPE -> escaped(in);
          default -> TopView.Key.OTHER;
        });
  }

  private static TopView.Key escaped(NonBlockingReader in) throws IOException {
    int second = in.read(REST_OF_KEY);
    if (second != '[' && second != 'O') {
      return second == NonBlockingReader.READ_EXPIRED ? TopView.Key.BACK : TopView.Key.OTHER;
    }
    int third = in.read(REST_OF_KEY);
    if (third == '5' || third == '6') {
      // The sign behind it says nothing more.
      in.read(REST_OF_KEY);
    }
    return switch (third) {
      case 'A' -> TopView.Key.UP;
      case 'B' -> TopView.Key.DOWN;
      case 'C' -> TopView.Key.ENTER;
      case 'D' -> TopView.Key.BACK;
      case '5' -> TopView.Key.PAGE_UP;
      case '6' -> TopView.Key.PAGE_DOWN;
      default -> TopView.Key.OTHER;
    };
  }
}

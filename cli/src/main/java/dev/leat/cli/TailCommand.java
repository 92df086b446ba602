package dev.leat.cli;

import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Capability;
import dev.leat.broker.Entry;
import dev.leat.trail.OperationsJson;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints a topic's messages as they come. */
@Command(
    name = "tail",
    description = "Prints a topic's messages as they come, until Ctrl-C; takes none of them.",
    mixinStandardHelpOptions = true)
final class TailCommand implements Callable<Integer> {
  /** Between two looks at whether somebody still reads. */
  private static final Duration LOOK_PAUSE = Duration.ofMillis(500);

  private final Screen screen = Screen.ofThisProcess();
  @Spec private CommandSpec spec;
  @Mixin private final BrokerOption broker = new BrokerOption();
  @Mixin private final RedactOption redact = new RedactOption();

  @Parameters(
      paramLabel = "TOPIC",
      converter = TopicNames.class,
      description = "Such as users, or shop::orders.")
  private String topic;

  @Option(
      names = "--from",
      paramLabel = "START|now|TIME|ID",
      defaultValue = "now",
      converter = Positions.class,
      description =
          "Where to begin: a TIME is so long ago, as 10m, or an instant; an ID is the first word of a"
              + " line. Default: ${DEFAULT-VALUE}.")
  private Position from;

  @Option(names = "--json", description = "One JSON object per message, with all it has.")
  private boolean json;

  @Override
  public Integer call() throws InterruptedException {
    Leat leat = broker.connect();
    Closing closing = Closing.on(leat::close);
    PrintWriter out = spec.commandLine().getOut();
    leat.broker().require(Capability.TAIL);
    leat.broker()
        .tail(
            Topic.of(topic).incoming(),
            from,
            batch -> {
              batch.forEach(entry -> out.println(line(entry)));
              // Whoever reads this has had enough.
              if (out.checkError()) {
                closing.begin();
              }
            })
        .request(Integer.MAX_VALUE);
    Reader reader = Reader.ofThisProcess();
    while (!closing.await(LOOK_PAUSE)) {
      if (reader.isGone()) {
        closing.begin();
      }
    }
    return 0;
  }

  private String line(Entry entry) {
    Message message = redact.of(entry.message().type(), entry.message());
    if (!json) {
      return screen.faint(entry.id() + " " + Printable.line(message.id()))
          + " "
          + screen.bold(Printable.line(message.type()))
          + " "
          + Printable.line(OperationsJson.content(message));
    }
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("entry", entry.id());
    all.putAll(OperationsJson.message(message));
    return Json.line(all);
  }
}

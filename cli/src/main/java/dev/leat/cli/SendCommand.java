package dev.leat.cli;

import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.Topic;
import dev.leat.broker.UnreadTopics;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Sends a message that wants no reply. */
@Command(
    name = "send",
    description = "Sends a message that wants no reply; prints its id once the broker has it.",
    mixinStandardHelpOptions = true)
final class SendCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private final BrokerOption broker = new BrokerOption();
  @Mixin private final Outgoing outgoing = new Outgoing();

  @Override
  public Integer call() throws IOException {
    Payload payload = outgoing.payload();
    Headers headers = outgoing.headers();
    try (Leat leat = broker.connect()) {
      String id = leat.caller().with(headers).send(outgoing.topic(), outgoing.type(), payload);
      spec.commandLine().getOut().println(id);
      UnreadTopics.warning(leat.broker(), Topic.of(outgoing.topic()))
          .toCompletableFuture()
          .join()
          .ifPresent(spec.commandLine().getErr()::println);
      return 0;
    }
  }
}

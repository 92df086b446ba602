package dev.leat.cli;

import dev.leat.Leat;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Which broker a command works on, where it must be one that other processes see too. */
final class BrokerOption {
  @Spec(Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--broker",
      paramLabel = "URL",
      defaultValue = "${env:LEAT_BROKER}",
      description = "Broker to work on, such as redis://127.0.0.1:6379. Default: LEAT_BROKER.")
  private @Nullable String url;

  Leat connect() {
    return SharedBroker.connect(spec, url());
  }

  /** The URL; refused where there is none. */
  String url() {
    String given = url;
    if (given == null || given.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "name a broker by --broker or LEAT_BROKER, such as redis://127.0.0.1");
    }
    return given;
  }
}

package dev.leat.cli;

import dev.leat.Leat;
import dev.leat.broker.Capability;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Brokers that more than one process sees. */
final class SharedBroker {
  private SharedBroker() {}

  /** A connection; refused if what is done there would end with this process. */
  static Leat connect(CommandSpec spec, String url) {
    Leat leat = Leat.connect(url);
    if (isSeenByOthers(leat)) {
      return leat;
    }
    leat.close();
    throw new ParameterException(
        spec.commandLine(),
        url + " is seen by one process alone; name a broker that processes share, such as redis:");
  }

  /** Whether other processes see what is done there. */
  static boolean isSeenByOthers(Leat leat) {
    return leat.broker().capabilities().contains(Capability.SEVERAL_PROCESSES);
  }
}

package dev.leat.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Brokers that more than one process sees. */
final class SharedBroker {
  private SharedBroker() {}

  /** The URL itself; refused if what is done there would end with this process. */
  static String refuseUnless(CommandSpec spec, String url) {
    if (url.startsWith("memory:")) {
      throw new ParameterException(
          spec.commandLine(),
          url + " ends with this process; name a broker that processes share, such as redis:");
    }
    return url;
  }
}

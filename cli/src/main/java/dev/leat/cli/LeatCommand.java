package dev.leat.cli;

import dev.leat.BadConfiguration;
import dev.leat.LeatException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command itself; its work is done by its subcommands. */
@Command(
    name = "leat",
    description = "HTTP ends at the edge and everything behind it is streams.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:It is done.",
      "1:It failed: a problem was the answer, or the broker is not there.",
      "2:It was asked for wrongly: the command line, a URL, a file, or an address that is taken.",
      "130, 143:It was told to end, by Ctrl-C or SIGTERM, and did so in order."
    },
    footer = {
      "",
      "Try:",
      "  leat demo                                serve three small services, and say how to ask them",
      "  leat gateway --check leat.yaml           see whether a file of routes is right",
      "  leat call users user.get '{\"id\":\"1\"}'    ask a service, as other services do",
      "  leat topics                              see who reads what, and what waits",
      "  leat top                                 see what is in flight, live",
      "  leat census users --open                 see each request that is, and who has it",
      "  leat trail 01a222f4-ffb4-7000-85cf-...   see all that is remembered of one request",
      "  leat trail --last 5 --failed users       see the last that failed",
      "  leat replay users --from 10m --compare   ask again, and see what is answered differently",
      "  leat tail users --from start             read what was asked, and what is",
      "  leat dead-letters users --since 1h       see what was given up, and why",
      "  leat bench --help                        measure it against what it replaces (in a checkout)",
      "",
      "LEAT_BROKER names the broker for all of them, LEAT_LOG the level of what is logged."
    },
    versionProvider = LeatCommand.Version.class,
    subcommands = {
      DemoCommand.class,
      GatewayCommand.class,
      WorkerCommand.class,
      CallCommand.class,
      SendCommand.class,
      TailCommand.class,
      TopicsCommand.class,
      CensusCommand.class,
      TopCommand.class,
      TrailCommand.class,
      ReplayCommand.class,
      ExportCommand.class,
      DeadLettersCommand.class,
      RedriveCommand.class,
      BridgeCommand.class,
      FileCommand.class,
      CompletionCommand.class,
      WarmUpCommand.class,
      HelpCommand.class
    })
public final class LeatCommand implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(LeatCommand.class);

  @Spec private CommandSpec spec;

  /** For picocli. */
  public LeatCommand() {}

  /** Runs the command and ends the process with its exit code. */
  public static void main(String... arguments) {
    Output output = Output.ofThisProcess();
    CommandLine line = line().setOut(output.writer());
    try {
      Tracing.setUp(System.getenv());
    } catch (BadConfiguration wrong) {
      line.getErr().println("leat: " + Printable.line(String.valueOf(wrong.getMessage())));
      System.exit(output.ended(CommandLine.ExitCode.USAGE, line.getErr()));
    }
    System.exit(output.ended(line.execute(arguments), line.getErr()));
  }

  static CommandLine line() {
    return new CommandLine(new LeatCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(LeatCommand::explain)
        .setParameterExceptionHandler(LeatCommand::refuse);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand is missing");
  }

  /** What went wrong outside this program is one sentence; anything else is a defect and shows. */
  private static int explain(Exception failure, CommandLine command, CommandLine.ParseResult parsed)
      throws Exception {
    if (failure instanceof CompletionException && failure.getCause() instanceof Exception cause) {
      return explain(cause, command, parsed);
    }
    if (failure instanceof ParameterException mistake) {
      return refuse(mistake, new String[0]);
    }
    // What is refused by the code that it was given to is as much of a mistake of the user's.
    boolean mistaken =
        failure instanceof BadConfiguration || failure instanceof IllegalArgumentException;
    if (!mistaken && !(failure instanceof LeatException)) {
      throw failure;
    }
    log.debug("refused", failure);
    command.getErr().println("leat: " + Printable.text(String.valueOf(failure.getMessage())));
    return mistaken ? CommandLine.ExitCode.USAGE : CommandLine.ExitCode.SOFTWARE;
  }

  private static int refuse(ParameterException mistake, String[] arguments) {
    CommandLine command = mistake.getCommandLine();
    command
        .getErr()
        .println(
            "leat: %s%s; see '%s --help'"
                .formatted(
                    mistake.getMessage(),
                    suggestion(mistake),
                    command.getCommandSpec().qualifiedName()));
    return CommandLine.ExitCode.USAGE;
  }

  private static String suggestion(ParameterException mistake) {
    return mistake instanceof UnmatchedArgumentException unknown
            && !unknown.getSuggestions().isEmpty()
        ? ", did you mean " + String.join(" or ", unknown.getSuggestions()) + "?"
        : "";
  }

  /** Says the version that was built. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      Properties built = new Properties();
      try (InputStream in = LeatCommand.class.getResourceAsStream("/leat.properties")) {
        if (in != null) {
          built.load(in);
        }
      }
      return new String[] {"leat " + built.getProperty("version", "unknown")};
    }
  }
}

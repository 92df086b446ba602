package dev.leat.cli;

import dev.leat.broker.Brokers;
import dev.leat.broker.FolderTools;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The folder of a {@code file:} broker. */
@Command(
    name = "file",
    description = "Looks after the folder of a file: broker.",
    mixinStandardHelpOptions = true,
    subcommands = {FileCommand.Check.class, FileCommand.Backup.class, FileCommand.Compact.class})
final class FileCommand implements Runnable {
  private static final String SCHEME = "file";

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** Reads all of it. */
  @Command(
      name = "check",
      description =
          "Reads all that stands in a folder, also while it is at work, and says what is damaged; exit 1 if anything is.",
      mixinStandardHelpOptions = true)
  static final class Check implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "FOLDER", description = "Such as /var/lib/leat.")
    private Path folder;

    @Override
    public Integer call() {
      FolderTools.Report report = Brokers.folderTools(SCHEME).check(folder);
      PrintWriter out = spec.commandLine().getOut();
      out.println(folder + ": " + report.summary());
      report.faults().forEach(out::println);
      out.flush();
      return report.faults().isEmpty() ? ExitCode.OK : ExitCode.SOFTWARE;
    }
  }

  /** Copies it. */
  @Command(
      name = "backup",
      description =
          "Copies a folder as it is now, also while it is at work; what opens the copy begins there.",
      mixinStandardHelpOptions = true)
  static final class Backup implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "FOLDER", description = "Such as /var/lib/leat.")
    private Path folder;

    @Parameters(
        index = "1",
        paramLabel = "TO",
        description = "A folder that is empty or not there.")
    private Path to;

    @Override
    public Integer call() {
      FolderTools.Report report = Brokers.folderTools(SCHEME).backUp(folder, to);
      PrintWriter out = spec.commandLine().getOut();
      out.println(to + ": " + report.summary());
      out.flush();
      return ExitCode.OK;
    }
  }

  /** Makes it small. */
  @Command(
      name = "compact",
      description =
          "Makes a folder that no process uses as small as it can be: what is kept for looking at goes.",
      mixinStandardHelpOptions = true)
  static final class Compact implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "FOLDER", description = "Such as /var/lib/leat.")
    private Path folder;

    @Override
    public Integer call() {
      FolderTools.Report report = Brokers.folderTools(SCHEME).compact(folder);
      PrintWriter out = spec.commandLine().getOut();
      out.println(folder + ": " + report.summary());
      out.flush();
      return ExitCode.OK;
    }
  }
}

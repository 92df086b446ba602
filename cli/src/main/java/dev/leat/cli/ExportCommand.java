package dev.leat.cli;

import dev.leat.BadConfiguration;
import dev.leat.Leat;
import dev.leat.trail.Trail;
import dev.leat.trail.TrailReader;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a test of a request that is recorded. */
@Command(
    name = "export",
    description = {
      "Writes a JUnit test that sends a recorded request to its handler, over memory:, and expects the"
          + " recorded reply. The services that were asked meanwhile answer in it as they did."
    },
    mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {
  private static final Pattern PACKAGE = Pattern.compile("[a-zA-Z_]\\w*(\\.[a-zA-Z_]\\w*)*");

  @Spec private CommandSpec spec;
  @Mixin private final BrokerOption broker = new BrokerOption();
  @Mixin private final RedactOption redact = new RedactOption();

  @Parameters(paramLabel = "ID", description = "Of the request, such as the X-Request-Id.")
  private String id;

  @Option(names = "--junit", description = "As a test of JUnit, in Java; the one kind there is.")
  private boolean junit;

  @Option(
      names = "--start",
      paramLabel = "STATEMENT",
      description =
          "What starts the worker on a connection named leat, such as 'new Posts().start(leat);'."
              + " Without it the test says what is to be filled in.")
  private @Nullable String start;

  @Option(names = "--package", paramLabel = "NAME", description = "The test's package.")
  private @Nullable String packageName;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "Writes it there, such as src/test/java, rather than to standard output.")
  private @Nullable Path folder;

  @Override
  public Integer call() throws IOException {
    if (!junit) {
      throw new ParameterException(spec.commandLine(), "say as what: --junit");
    }
    if (packageName != null && !PACKAGE.matcher(packageName).matches()) {
      throw new ParameterException(
          spec.commandLine(), "'" + packageName + "' is no package, such as com.acme.posts");
    }
    Optional<Trail> trail;
    try (Leat leat = broker.connect()) {
      trail = new TrailReader(leat.broker()).of(id);
    }
    if (trail.isEmpty()) {
      spec.commandLine()
          .getErr()
          .println(
              Printable.line(
                  "leat: nothing is remembered of '%s': no message has that id, or it was kept for long enough"
                      .formatted(id)));
      return ExitCode.SOFTWARE;
    }
    JunitTest test = JunitTest.of(trail.get(), redact.redaction());
    String source = test.source(packageName, start);
    if (folder == null) {
      spec.commandLine().getOut().print(source);
      spec.commandLine().getOut().flush();
    } else {
      spec.commandLine().getOut().println(write(folder, test.name(), source));
    }
    return ExitCode.OK;
  }

  private Path write(Path into, String name, String source) throws IOException {
    Path path =
        (packageName == null ? into : into.resolve(packageName.replace('.', '/')))
            .resolve(name + ".java");
    try {
      Files.createDirectories(path.getParent());
      return Files.writeString(path, source, StandardOpenOption.CREATE_NEW);
    } catch (FileAlreadyExistsException there) {
      throw new BadConfiguration(path + " is there already, and is not written over");
    } catch (IOException refused) {
      throw new BadConfiguration("%s cannot be written: %s".formatted(path, refused));
    }
  }
}

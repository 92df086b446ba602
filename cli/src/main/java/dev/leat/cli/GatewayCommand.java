package dev.leat.cli;

import dev.leat.BadConfiguration;
import dev.leat.Leat;
import dev.leat.LeatException;
import dev.leat.broker.BrokerUrl;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.Listener;
import dev.leat.gateway.config.GatewayFile;
import dev.leat.gateway.config.GatewaySettings;
import dev.leat.gateway.route.Route;
import dev.leat.wire.PayloadCodec;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.jline.utils.Signals;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Serves the routes of a file. */
@Command(
    name = "gateway",
    description = {
      "Serves the routes of a YAML file, until Ctrl-C.",
      "On SIGHUP it reads the file again: requests under way end as they began, and where the file"
          + " is wrong the old routes stay."
    },
    mixinStandardHelpOptions = true)
final class GatewayCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(GatewayCommand.class);

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "Such as leat.yaml.")
  private Path file;

  @Option(names = "--check", description = "Say whether the file is right, and do nothing else.")
  private boolean check;

  @Option(names = "--json", description = "With --check: the routes, as JSON.")
  private boolean json;

  @Override
  public Integer call() throws InterruptedException {
    GatewaySettings settings;
    try {
      settings = read();
    } catch (BadConfiguration faulty) {
      spec.commandLine().getErr().println(faulty.getMessage());
      return ExitCode.USAGE;
    }
    if (check) {
      show(settings);
      return ExitCode.OK;
    }
    serve(settings);
    return ExitCode.OK;
  }

  private void show(GatewaySettings settings) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          PayloadCodec.write(settings.routes().stream().map(RouteJson::of).toList()).asText());
      return;
    }
    out.println(file + " is right: " + summary(settings));
    for (Route route : settings.routes()) {
      out.printf(
          "  %-7s %-28s -> %s %s%n", route.method(), route.path(), route.topic(), route.type());
    }
  }

  /** A route as JSON shows it. */
  record RouteJson(
      String method,
      String path,
      String topic,
      String type,
      String reply,
      long timeoutMillis,
      int bodyLimit) {
    static RouteJson of(Route route) {
      return new RouteJson(
          route.method(),
          route.path(),
          route.topic().toString(),
          route.type(),
          route.reply().name().toLowerCase(Locale.ROOT),
          route.timeout().toMillis(),
          route.bodyLimit());
    }
  }

  private void serve(GatewaySettings settings) throws InterruptedException {
    // From the beginning: who has not said what is to be done at a SIGHUP is ended by it.
    CompletableFuture<Runnable> reloading = new CompletableFuture<>();
    Signals.register(
        "HUP",
        () -> {
          var unused = reloading.thenAccept(Runnable::run);
        });
    Logs.tellOperators();
    Leat leat = SharedBroker.connect(spec, settings.broker());
    LeatGateway gateway =
        LeatGateway.on(leat)
            .routes(settings.routes())
            .inFlightLimit(settings.inFlightLimit())
            .drain(settings.drain())
            .compression(settings.compression())
            .clientLimits(settings.clients());
    settings.eventLoops().ifPresent(gateway::eventLoops);
    settings.bufferLimit().ifPresent(gateway::bufferLimit);
    settings
        .management()
        .ifPresent(at -> gateway.manageAt(at.host(), at.port()).operatedBy(Access.ofThisProcess()));
    ExecutorService reloads = Executors.newSingleThreadExecutor(Thread.ofVirtual().factory());
    Closing closing =
        Closing.on(
            () -> {
              reloads.shutdownNow();
              gateway.close();
              leat.close();
            },
            gateway::hasten);
    try {
      settings.retentions().forEach(gateway::keep);
      gateway.listen(settings.listeners());
    } catch (RuntimeException failure) {
      closing.now();
      throw failure;
    }
    reloading.complete(() -> reloads.execute(() -> reload(gateway, settings)));
    PrintWriter out = spec.commandLine().getOut();
    out.println("listening on " + addresses(settings, gateway));
    settings
        .management()
        .ifPresent(at -> out.println("managed at " + url(at, gateway.managementPort())));
    out.flush();
    closing.await();
  }

  private void reload(LeatGateway gateway, GatewaySettings begun) {
    try {
      GatewaySettings now = read();
      // What is refused here leaves the routes as they are.
      now.retentions().forEach(gateway::keep);
      gateway.reload(now.routes());
      if (!begun.broker().equals(now.broker())
          || !begun.listeners().equals(now.listeners())
          || !begun.management().equals(now.management())
          || !begun.eventLoops().equals(now.eventLoops())) {
        log.warn(
            "file={} only routes and topics are taken while running, start again for the rest",
            file);
      }
    } catch (LeatException | IllegalArgumentException faulty) {
      String.valueOf(faulty.getMessage())
          .lines()
          .forEach(line -> log.error("reload refused, the old routes stay: {}", line));
    }
  }

  private GatewaySettings read() {
    return GatewayFile.read(file, System::getenv);
  }

  private static String summary(GatewaySettings settings) {
    return "%d routes, broker %s, listening on %s"
        .formatted(
            settings.routes().size(),
            BrokerUrl.parse(settings.broker()),
            settings.listeners().stream()
                .map(listener -> url(listener, listener.port()))
                .collect(Collectors.joining(", ")));
  }

  private static String addresses(GatewaySettings settings, LeatGateway gateway) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < settings.listeners().size(); i++) {
      all.append(i == 0 ? "" : ", ");
      all.append(url(settings.listeners().get(i), gateway.ports().get(i)));
    }
    return all.toString();
  }

  private static String url(Listener listener, int port) {
    String host = listener.host().contains(":") ? "[" + listener.host() + "]" : listener.host();
    return (listener.tls().isPresent() ? "https://" : "http://") + host + ":" + port;
  }
}

package dev.leat.cli;

import dev.leat.Leat;
import dev.leat.cli.demo.CommentsService;
import dev.leat.cli.demo.DemoService;
import dev.leat.cli.demo.HelloService;
import dev.leat.cli.demo.PostsService;
import dev.leat.cli.demo.UsersService;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.Route;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Serves a greeting and three small services until it is interrupted. */
@Command(
    name = "demo",
    description = "Serves a greeting and three small services, until Ctrl-C.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  private static final String GATEWAY = "gateway";

  @Spec private CommandSpec spec;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8080",
      description = "Port to listen on, 0 for any that is free. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--broker",
      paramLabel = "URL",
      defaultValue = "${env:LEAT_BROKER:-memory:}",
      description = "Broker to go through. Default: LEAT_BROKER, else memory:, the embedded one.")
  private String broker;

  @Option(
      names = "--role",
      paramLabel = "ROLE",
      description = "Be one part alone: gateway, hello, users, posts or comments. Default: all.")
  private @Nullable String role;

  @Override
  public Integer call() throws InterruptedException {
    if (port < 0 || port > 65_535) {
      throw new ParameterException(
          spec.commandLine(), "--port is a number from 0 to 65535, was " + port);
    }
    Map<String, DemoService> services = new LinkedHashMap<>();
    services.put("hello", new HelloService());
    services.put("users", new UsersService());
    services.put("posts", new PostsService());
    services.put("comments", new CommentsService());
    refuseRoleThatCannotBe(services.keySet());
    Leat leat = Leat.connect(broker);
    if (role != null && !SharedBroker.isSeenByOthers(leat)) {
      leat.close();
      throw new ParameterException(
          spec.commandLine(),
          "--role needs a broker that processes share: add --broker redis://127.0.0.1:6379");
    }
    LeatGateway gateway = LeatGateway.on(leat);
    Closing closing =
        Closing.on(
            () -> {
              gateway.close();
              leat.close();
            });
    try {
      services.forEach(
          (name, service) -> {
            if (role == null || role.equals(name)) {
              service.start(leat);
            }
          });
      if (role == null || role.equals(GATEWAY)) {
        List<Route> routes = services.values().stream().flatMap(s -> s.routes().stream()).toList();
        routes.forEach(gateway::route);
        gateway.listen("127.0.0.1", port);
        welcome(gateway.port(), routes);
      } else {
        spec.commandLine().getOut().println(role + " works, Ctrl-C ends it");
      }
    } catch (RuntimeException failure) {
      closing.now();
      throw failure;
    }
    closing.await();
    return 0;
  }

  private void refuseRoleThatCannotBe(Set<String> services) {
    if (role == null) {
      return;
    }
    if (!role.equals(GATEWAY) && !services.contains(role)) {
      throw new ParameterException(
          spec.commandLine(),
          "--role is gateway, " + String.join(", ", services) + ", was '" + role + "'");
    }
  }

  private void welcome(int actualPort, List<Route> routes) {
    String base = "http://127.0.0.1:" + actualPort;
    PrintWriter out = spec.commandLine().getOut();
    out.println("listening on " + base);
    out.println();
    for (Route route : routes) {
      out.printf(
          "  %-6s %-18s -> %s %s%n", route.method(), route.path(), route.topic(), route.type());
    }
    out.println();
    out.println("try");
    out.printf("  curl '%s/hello?name=ada'%n", base);
    out.printf("  curl %s/posts/1%n", base);
    out.printf(
        "  curl %s/users -H 'content-type: application/json' -d '{\"name\":\"grace\"}'%n", base);
    out.printf("  curl '%s/comments?post=1'%n", base);
    out.printf("  curl -i %s/users/99%n", base);
    out.printf("  curl -i -X DELETE %s/comments/1%n", base);
    out.println();
    out.println("Ctrl-C ends it");
    out.flush();
  }
}

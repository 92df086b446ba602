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
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
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
      defaultValue = "memory:",
      description = "Broker to go through. Default: ${DEFAULT-VALUE}, which is embedded.")
  private String broker;

  @Override
  public Integer call() throws InterruptedException {
    if (port < 0 || port > 65_535) {
      throw new ParameterException(
          spec.commandLine(), "--port is a number from 0 to 65535, was " + port);
    }
    List<DemoService> services =
        List.of(new HelloService(), new UsersService(), new PostsService(), new CommentsService());
    Leat leat = Leat.connect(broker);
    LeatGateway gateway = LeatGateway.on(leat);
    CountDownLatch closed = new CountDownLatch(1);
    Thread closing =
        new Thread(
            () -> {
              gateway.close();
              leat.close();
              closed.countDown();
            });
    try {
      services.forEach(service -> service.start(leat));
      List<Route> routes = services.stream().flatMap(s -> s.routes().stream()).toList();
      routes.forEach(gateway::route);
      gateway.listen("127.0.0.1", port);
      Runtime.getRuntime().addShutdownHook(closing);
      welcome(gateway.port(), routes);
    } catch (RuntimeException failure) {
      closing.start();
      closed.await();
      throw failure;
    }
    closed.await();
    return 0;
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

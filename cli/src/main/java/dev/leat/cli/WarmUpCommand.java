package dev.leat.cli;

import dev.leat.Leat;
import dev.leat.LeatException;
import dev.leat.cli.demo.HelloService;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.config.GatewayFile;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Does once what every start does, so that a JVM that keeps what it learns of its classes has seen
 * them: a gateway with all that belongs to it, and a broker that is not there.
 */
@Command(name = "warm-up", hidden = true)
final class WarmUpCommand implements Callable<Integer> {
  private static final String FILE =
      "{broker: 'memory:', defaults: {timeout: 1s}, routes: [{method: GET, path: '/hello', topic:"
          + " hello, type: hello.say}]}";

  @Override
  public Integer call() throws IOException {
    Logs.tellOperators();
    Path file = Files.createTempFile("leat", ".yaml");
    try (Leat leat = Leat.connect("memory:");
        LeatGateway gateway = LeatGateway.on(leat)) {
      new HelloService().start(leat);
      Files.writeString(file, FILE);
      gateway.routes(GatewayFile.read(file, System::getenv).routes());
      gateway.manageAt("127.0.0.1", 0).listen("127.0.0.1", 0);
      read(gateway.port(), "/hello?name=ada");
      read(gateway.managementPort(), "/metrics");
    } finally {
      Files.delete(file);
    }
    try {
      Leat.connect("redis://127.0.0.1:1").close();
    } catch (LeatException asMeant) {
      return 0;
    }
    return 1;
  }

  private static void read(int port, String path) throws IOException {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    try (var in = uri.toURL().openStream()) {
      in.transferTo(OutputStream.nullOutputStream());
    }
  }
}

package dev.leat.system;

import dev.leat.cli.LeatCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Two gateways and some workers, as processes that share a broker. */
final class Fleet implements AutoCloseable {
  private final Path folder;
  private final int failing;
  private final String url;
  private final boolean ordered;
  private final List<Integer> ports = List.of(freePort(), freePort());
  private final List<Child> gateways = new ArrayList<>();
  private final List<Child> workers = new ArrayList<>();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /**
   * Starts it; of a hundred orders so many fail at first.
   *
   * @param url of the broker
   * @param ordered whether orders of one key are placed one after the other
   */
  Fleet(Path folder, String url, int workerCount, int failing, boolean ordered) {
    this.folder = folder;
    this.failing = failing;
    this.ordered = ordered;
    this.url = url;
    ports.forEach(port -> gateways.add(newGateway(port)));
    for (int i = 0; i < workerCount; i++) {
      workers.add(newWorker());
    }
  }

  List<Child> workers() {
    return workers;
  }

  List<Child> gateways() {
    return gateways;
  }

  /** Has a process of the workers' begin where another ended. */
  void replaceWorker(int index) {
    workers.set(index, newWorker());
  }

  /** Has a process of the gateways' begin where another ended. */
  void replaceGateway(int index) {
    gateways.set(index, newGateway(ports.get(index)));
  }

  /** Asks a gateway to place an order. */
  HttpResponse<String> order(int gateway, String key, String json)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ports.get(gateway) + "/orders"))
            .timeout(Duration.ofSeconds(15))
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .POST(BodyPublishers.ofString(json))
            .build(),
        BodyHandlers.ofString());
  }

  @Override
  public void close() {
    http.shutdownNow();
    gateways.forEach(Child::close);
    workers.forEach(Child::close);
  }

  private Child newWorker() {
    List<String> arguments = new ArrayList<>(List.of(url, Integer.toString(failing)));
    if (ordered) {
      arguments.add("ordered");
    }
    return started("ready", OrderWorker.class, arguments.toArray(String[]::new));
  }

  /** One that finds the server away ends, and is started again, as an operator's tool would. */
  private Child started(String sign, Class<?> program, String... arguments) {
    while (true) {
      Child child = Child.quiet(folder, program, arguments);
      try {
        child.lineAfter(sign);
        return child;
      } catch (IllegalStateException ended) {
        child.close();
      }
    }
  }

  private Child newGateway(int port) {
    try {
      Path file = folder.resolve("gateway-" + port + ".yaml");
      Files.writeString(
          file,
          """
          broker: %s
          listen: 127.0.0.1:%d
          drain: 6s
          routes:
            - method: POST
              path: /orders
              topic: orders
              type: order.place
              timeout: 5s
              idempotency-key: required
          %s
          """
              .formatted(url, port, ordered ? "    order-by: header.idempotency-key" : ""));
      return started("listening on ", LeatCommand.class, "gateway", file.toString());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static int freePort() {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    } catch (IOException none) {
      throw new UncheckedIOException(none);
    }
  }
}

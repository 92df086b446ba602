package dev.leat.bench;

import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.Worker;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.OrderKey;
import dev.leat.gateway.route.Route;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * What one request takes where there is 1, 10 and 100 times as much of something in it or around
 * it. One request at a time over one connection; a median of microseconds. What grows with the
 * square would be 10,000 times as much at the end.
 */
final class Growth implements AutoCloseable {
  private static final List<Integer> FACTORS = List.of(1, 10, 100);
  private static final int WARM_UP = 1_500;
  private static final int REQUESTS = 1_001;
  private static final String TYPE = "echo";

  private final Leat leat;
  private final LeatGateway gateway;
  private final Socket socket;
  private final InputStream in;

  private Growth(String broker, int topics, int groups, List<Route> routes) {
    leat = Leat.connect(broker);
    gateway = LeatGateway.on(leat);
    for (int i = 0; i < topics; i++) {
      Worker worker = leat.worker("growth" + i);
      if (i == 0) {
        worker.ordered();
      }
      worker.on(TYPE, Payload.class, (payload, request) -> payload).start();
    }
    for (int i = 1; i < groups; i++) {
      leat.worker("growth0")
          .group("listens" + i)
          .listening()
          .onOneWay(TYPE, Payload.class, (payload, request) -> {})
          .start();
    }
    routes.forEach(gateway::route);
    gateway.listen("127.0.0.1", 0);
    try {
      socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
      socket.setTcpNoDelay(true);
      in = new BufferedInputStream(socket.getInputStream());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Measures over a broker, and prints a line for each thing that there is more and more of. */
  static void measure(PrintWriter screen, String name, String broker) {
    // Nothing that comes first is to pay for compiling what all use.
    plain(broker, post("?a=b", "x-on1: v\r\n", "{}"));
    screen.printf("%s: microseconds of one request%n", name);
    screen.printf("| of these | 1x | 10x | 100x |%n| --- | --- | --- | --- |%n");
    requests()
        .forEach((what, request) -> print(screen, what, n -> plain(broker, request.apply(n))));
    print(screen, "routes: 10", n -> routes(broker, 10 * n));
    print(screen, "topics that are sent to: 1", n -> topics(broker, n));
    print(screen, "groups that listen: 1", n -> groups(broker, n));
    print(screen, "keys that were used: 100", n -> keys(broker, 100 * n));
    screen.flush();
  }

  /** What may be large in a request itself, within what the edge takes. */
  private static Map<String, IntFunction<String>> requests() {
    Map<String, IntFunction<String>> all = new LinkedHashMap<>();
    all.put("headers: 5", n -> post("", lines(5 * n, "x-h%d: v\r\n"), "{}"));
    all.put("headers that are handed on: 1", n -> post("", lines(n, "x-on%d: v\r\n"), "{}"));
    all.put("query parameters: 6", n -> post("?a=b" + lines(6 * n - 1, "&q%d=v"), "", "{}"));
    all.put(
        "addresses in X-Forwarded-For: 8",
        n ->
            post("", "x-forwarded-for: 10.0.0.1" + lines(8 * n - 1, ", 10.1.1.%d") + "\r\n", "{}"));
    all.put(
        "bytes of a cookie: 150", n -> post("", "cookie: a=" + "x".repeat(150 * n) + "\r\n", "{}"));
    all.put("levels of JSON: 5", n -> post("", "", "[".repeat(5 * n) + "]".repeat(5 * n)));
    all.put("bytes of a body: 10,000", n -> post("", "", "\"" + "x".repeat(10_000 * n) + "\""));
    return all;
  }

  private static void print(PrintWriter screen, String what, IntFunction<Double> measured) {
    screen.printf("| %s", what);
    double first = 0;
    for (int factor : FACTORS) {
      double micros = measured.apply(factor);
      first = first == 0 ? micros : first;
      screen.printf(Locale.ROOT, " | %.0f (%.1f)", micros, micros / first);
    }
    screen.println(" |");
    screen.flush();
  }

  private static double plain(String broker, String request) {
    Route route =
        route("/echo", "growth0")
            .handsOn(IntStream.range(0, 100).mapToObj(i -> "x-on" + i).toArray(String[]::new));
    try (Growth growth = new Growth(broker, 1, 1, List.of(route))) {
      return growth.median(request);
    }
  }

  private static double routes(String broker, int count) {
    List<Route> routes =
        IntStream.range(0, count)
            .mapToObj(i -> route(i == 0 ? "/echo" : "/r" + i + "/{id}/more/{x}", "growth0"))
            .toList();
    try (Growth growth = new Growth(broker, 1, 1, routes)) {
      return growth.median(post("", "", "{}"));
    }
  }

  private static double topics(String broker, int count) {
    List<Route> routes =
        IntStream.range(0, count)
            .mapToObj(i -> route(i == 0 ? "/echo" : "/t" + i, "growth" + i))
            .toList();
    try (Growth growth = new Growth(broker, count, 1, routes)) {
      for (int i = 1; i < count; i++) {
        growth.ask(post("", "", "{}").replace("/echo", "/t" + i));
      }
      return growth.median(post("", "", "{}"));
    }
  }

  private static double groups(String broker, int count) {
    try (Growth growth = new Growth(broker, 1, count, List.of(route("/echo", "growth0")))) {
      return growth.median(post("", "", "{}"));
    }
  }

  private static double keys(String broker, int count) {
    Route route =
        route("/echo", "growth0").orderBy(new OrderKey(OrderKey.Source.HEADER, "account"));
    try (Growth growth = new Growth(broker, 1, 1, List.of(route))) {
      for (int i = 0; i < count; i++) {
        growth.ask(post("", "account: a" + i + "\r\n", "{}"));
      }
      return growth.median(post("", "account: a\r\n", "{}"));
    }
  }

  private static Route route(String path, String topic) {
    return Route.post(path, topic, TYPE).bodyLimit(2 << 20);
  }

  private static String lines(int count, String line) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      lines.append(line.replace("%d", Integer.toString(i % 250)));
    }
    return lines.toString();
  }

  private static String post(String query, String headers, String body) {
    return "POST /echo"
        + query
        + " HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: "
        + body.length()
        + "\r\n"
        + headers
        + "\r\n"
        + body;
  }

  private double median(String request) {
    for (int i = 0; i < WARM_UP; i++) {
      ask(request);
    }
    long[] times = new long[REQUESTS];
    for (int i = 0; i < REQUESTS; i++) {
      long began = System.nanoTime();
      ask(request);
      times[i] = System.nanoTime() - began;
    }
    Arrays.sort(times);
    return times[REQUESTS / 2] / 1e3;
  }

  private void ask(String request) {
    try {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      String status = line();
      int length = 0;
      for (String header = line(); !header.isEmpty(); header = line()) {
        if (header.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
          length = Integer.parseInt(header.substring(15).strip());
        }
      }
      String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
      if (!status.contains(" 200 ")) {
        throw new IllegalStateException("it was answered " + status + ": " + body);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new IOException("the connection ended");
      }
      line.append((char) next);
    }
    return line.toString().stripTrailing();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    gateway.close();
    leat.close();
  }
}

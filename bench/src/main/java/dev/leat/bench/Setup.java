package dev.leat.bench;

import dev.leat.Payload;
import java.io.File;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What answers on a port: its processes, started one after the other.
 *
 * @param name as in the report
 * @param port that is loaded
 * @param programs all there are, so that what they cost can be said
 */
record Setup(String name, int port, List<Program> programs) implements AutoCloseable {
  static final String PATH = "/echo";

  /** Event loops, as many as the peers' edges have; on two cores the best for both. */
  private static final String LOOPS = "loops=2";

  /** Loads it until it is as fast as it gets, or nearly. */
  void warmUp(Wrk wrk, int connections, Duration time) {
    wrk.warmUp(port, PATH, connections, time);
  }

  @Override
  public void close() {
    programs.reversed().forEach(Program::close);
  }

  /** Leat in one process, over the embedded broker, with so many routes. */
  static Setup embedded(Path folder, int routes) {
    int port = Ports.free();
    return new Setup(
        routes == 1 ? "leat memory:" : "leat memory:, %d routes".formatted(routes),
        port,
        List.of(leat(folder, "leat", "all", "memory:", "port=" + port, LOOPS, "routes=" + routes)));
  }

  /** Leat in one process, over the embedded broker with a folder. */
  static Setup file(Path folder) {
    int port = Ports.free();
    String url = "file:" + folder.resolve("file-" + port);
    return new Setup(
        "leat file:",
        port,
        List.of(leat(folder, "leat", "all", url, "port=" + port, LOOPS, "routes=1")));
  }

  /** What a Redis writes down, and when that is on its disk. */
  enum Log {
    NONE("leat redis"),
    EVERY_SECOND("leat redis, AOF everysec"),
    ALWAYS("leat redis, AOF always");

    private final String name;

    Log(String name) {
      this.name = name;
    }
  }

  /** Leat over a Redis of its own: server, worker and gateway. */
  static Setup redis(Path folder, Log written) {
    int server = Ports.free();
    int port = Ports.free();
    List<Program> programs = new ArrayList<>();
    programs.add(server(folder, server, written));
    programs.add(leat(folder, "worker", "worker", url(server)));
    programs.add(gateway(folder, port, url(server)));
    return new Setup(written.name, port, programs);
  }

  /** Leat over a Redis of its own with several workers, each of which does little at a time. */
  static Setup scaled(Path folder, int workers) {
    int server = Ports.free();
    int port = Ports.free();
    List<Program> programs = new ArrayList<>();
    programs.add(server(folder, server, Log.NONE));
    for (int i = 1; i <= workers; i++) {
      programs.add(
          leat(
              folder,
              "worker-" + i,
              "worker",
              url(server),
              "handler=" + Scale.HANDLER_MS,
              "concurrency=" + Scale.CONCURRENCY));
    }
    programs.add(gateway(folder, port, url(server)));
    return new Setup("%d workers".formatted(workers), port, programs);
  }

  /** Leat over a Redis whose stream holds a million requests that another group has yet to read. */
  static Setup retaining(Path folder, int messages) {
    int server = Ports.free();
    int port = Ports.free();
    List<Program> programs = new ArrayList<>();
    programs.add(server(folder, server, Log.NONE));
    Retained.fill(url(server), messages);
    programs.add(leat(folder, "worker", "worker", url(server)));
    programs.add(gateway(folder, port, url(server)));
    return new Setup("leat redis, %d retained".formatted(messages), port, programs);
  }

  /** Leat over a server that is there already. */
  static Setup over(Path folder, String url) {
    int port = Ports.free();
    return new Setup(
        "leat", port, List.of(leat(folder, "worker", "worker", url), gateway(folder, port, url)));
  }

  /** Two hops of HTTP on Vert.x. */
  static Setup vertx(Path folder) {
    return twoHops(
        folder, "vertx", System.getProperty("java.class.path"), HttpPeer.class.getName());
  }

  /** The service of that alone, without the hop. */
  static Setup service(Path folder) {
    int port = Ports.free();
    return new Setup(
        "vertx service",
        port,
        List.of(
            Program.java(
                folder, "service", HttpPeer.class.getName(), "service", Integer.toString(port))));
  }

  /** An edge on Vert.x, and a service over gRPC. */
  static Setup grpc(Path folder) {
    return twoHops(folder, "grpc", System.getProperty("java.class.path"), GrpcPeer.class.getName());
  }

  /** Spring Cloud Gateway before Spring Boot, which bring libraries of their own. */
  static Setup spring(Path folder) {
    String classPath =
        spring().resolve("leat-bench-spring.jar")
            + File.pathSeparator
            + spring().resolve("lib")
            + "/*";
    return twoHops(folder, "spring", classPath, "dev.leat.bench.spring.SpringPeer");
  }

  static boolean isSpringThere() {
    return Files.exists(spring().resolve("leat-bench-spring.jar"));
  }

  /** The module beside this one's target folder, from whose jar this runs. */
  private static Path spring() {
    Path jar = Path.of(URI.create(location())).toAbsolutePath();
    return jar.resolveSibling("../spring/target").normalize();
  }

  private static String location() {
    return Setup.class.getProtectionDomain().getCodeSource().getLocation().toString();
  }

  /** A server of its own, and calls over it that nobody answers; says what each costs. */
  static String waiting(Path folder) {
    int server = Ports.free();
    try (Program redis = server(folder, server, Log.NONE);
        Program calls = Program.java(folder, "waiting", Waiting.class.getName(), url(server))) {
      return redis.name() + ", " + calls.said();
    }
  }

  /**
   * Microseconds of a core that a server of its own takes for a request's bare commands.
   *
   * @param batch requests that pass at a time
   */
  static double bare(Path folder, int batch, Payload body, Duration time) {
    int port = Ports.free();
    try (Program redis = server(folder, port, Log.NONE);
        BareCommands commands = new BareCommands(port, body)) {
      commands.run(batch, time);
      Duration before = redis.cpu();
      long passed = commands.run(batch, time);
      return redis.cpu().minus(before).toNanos() / 1e3 / passed;
    }
  }

  /** What a request takes where there is ever more of something; over a server of its own. */
  static void growth(PrintWriter screen, Path folder, String broker) {
    if (!broker.startsWith("redis") || broker.contains(":")) {
      Growth.measure(screen, broker, broker);
      return;
    }
    int port = Ports.free();
    Program redis = server(folder, port, Log.NONE);
    try (redis) {
      Growth.measure(screen, broker, url(port));
    }
  }

  /** Microseconds that the bare commands take over a server of its own, one request at a time. */
  static double bareTrip(Path folder, Payload body, Duration time) {
    int port = Ports.free();
    Program redis = server(folder, port, Log.NONE);
    try (redis) {
      return BareTrip.median(port, body, time);
    }
  }

  private static Setup twoHops(Path folder, String name, String classPath, String main) {
    String service = Integer.toString(Ports.free());
    int port = Ports.free();
    return new Setup(
        name,
        port,
        List.of(
            Program.java(folder, "service", classPath, main, List.of("service", service)),
            Program.java(
                folder,
                "proxy",
                classPath,
                main,
                List.of("edge", Integer.toString(port), service))));
  }

  private static Program server(Path folder, int port, Log written) {
    return Program.started(
        folder,
        "redis",
        "eady to accept connections",
        List.of(
            "redis-server",
            "--port",
            Integer.toString(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            written == Log.NONE ? "no" : "yes",
            "--dir",
            folder.toString(),
            "--appendfilename",
            "redis-" + port + ".aof",
            "--appendfsync",
            written == Log.ALWAYS ? "always" : "everysec"));
  }

  private static String url(int server) {
    return "redis://127.0.0.1:" + server;
  }

  static Program gateway(Path folder, int port, String url) {
    return leat(folder, "gateway", "gateway", url, "port=" + port, LOOPS);
  }

  static Program leat(Path folder, String name, String... arguments) {
    return Program.java(folder, name, LeatEcho.class.getName(), arguments);
  }
}

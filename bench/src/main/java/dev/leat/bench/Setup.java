package dev.leat.bench;

import java.nio.file.Path;
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

  @Override
  public void close() {
    programs.reversed().forEach(Program::close);
  }

  /** Leat in one process, over the embedded broker. */
  static Setup embedded(Path folder) {
    int port = Ports.free();
    return new Setup(
        "leat memory:",
        port,
        List.of(leat(folder, "leat", "all", Integer.toString(port), "memory:")));
  }

  /** Leat over a Redis of its own: server, worker and gateway. */
  static Setup redis(Path folder, boolean withLog) {
    int server = Ports.free();
    int port = Ports.free();
    String url = "redis://127.0.0.1:" + server;
    List<Program> programs = new ArrayList<>();
    programs.add(
        Program.started(
            folder,
            "redis",
            "eady to accept connections",
            List.of(
                "redis-server",
                "--port",
                Integer.toString(server),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                withLog ? "yes" : "no",
                "--appendfsync",
                "everysec")));
    programs.add(leat(folder, "worker", "worker", url));
    programs.add(leat(folder, "gateway", "gateway", Integer.toString(port), url));
    return new Setup(withLog ? "leat redis, AOF everysec" : "leat redis", port, programs);
  }

  /** Leat over a server that is there already. */
  static Setup over(Path folder, String url) {
    int port = Ports.free();
    return new Setup(
        "leat",
        port,
        List.of(
            leat(folder, "worker", "worker", url),
            leat(folder, "gateway", "gateway", Integer.toString(port), url)));
  }

  /** Two hops of HTTP on Vert.x. */
  static Setup vertx(Path folder) {
    return twoHops(folder, "vertx", HttpPeer.class);
  }

  /** An edge on Vert.x, and a service over gRPC. */
  static Setup grpc(Path folder) {
    return twoHops(folder, "grpc", GrpcPeer.class);
  }

  private static Setup twoHops(Path folder, String name, Class<?> peer) {
    String service = Integer.toString(Ports.free());
    int port = Ports.free();
    return new Setup(
        name,
        port,
        List.of(
            program(folder, "service", peer, "service", service),
            program(folder, "proxy", peer, "edge", Integer.toString(port), service)));
  }

  private static Program leat(Path folder, String name, String... arguments) {
    return program(folder, name, LeatEcho.class, arguments);
  }

  private static Program program(Path folder, String name, Class<?> main, String... arguments) {
    return Program.java(
        folder, name, System.getProperty("java.class.path"), main.getName(), List.of(arguments));
  }
}

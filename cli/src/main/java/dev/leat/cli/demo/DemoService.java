package dev.leat.cli.demo;

import dev.leat.Leat;
import dev.leat.gateway.route.Route;
import java.util.List;

/** One service of the demo: a worker on a topic, and the routes that lead to it. */
public interface DemoService {
  /** Starts its worker; it ends with the connection. */
  void start(Leat leat);

  /** What HTTP clients reach it by. */
  List<Route> routes();
}

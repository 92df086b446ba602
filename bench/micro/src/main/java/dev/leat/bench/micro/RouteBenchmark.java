package dev.leat.bench.micro;

import dev.leat.gateway.route.Match;
import dev.leat.gateway.route.Route;
import dev.leat.gateway.route.RouteTable;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** The route of a path, among few and among many. */
public class RouteBenchmark extends MicroBenchmark {
  /** How many there are. */
  @Param({"1", "1000"})
  public int routes;

  private RouteTable table = new RouteTable(List.of());

  /** Makes them. */
  @Setup
  public void make() {
    List<Route> all = new ArrayList<>();
    for (int i = 0; i < routes; i++) {
      all.add(Route.post("/things/%d/{id}/parts".formatted(i), "things", "thing" + i));
    }
    table = new RouteTable(all);
  }

  /** Finds one with a parameter. */
  @Benchmark
  public Match match() {
    return table.match("POST", "/things/0/42/parts");
  }
}

package dev.leat.bench.micro;

import dev.leat.gateway.route.Match;
import dev.leat.gateway.route.Route;
import dev.leat.gateway.route.RouteTable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The route of a path, among few and among many. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RouteBenchmark {
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

package dev.leat.cli.demo;

import dev.leat.Leat;
import dev.leat.gateway.route.Route;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Greets. */
public final class HelloService implements DemoService {
  private static final String TOPIC = "hello";

  record Hello(@Nullable String name) {}

  record Greeting(String message) {}

  /** A service that is not started. */
  public HelloService() {}

  @Override
  public void start(Leat leat) {
    leat.worker(TOPIC)
        .on(
            "hello.say",
            Hello.class,
            (hello, request) ->
                new Greeting("hello, " + (hello.name() == null ? "world" : hello.name())))
        .start();
  }

  @Override
  public List<Route> routes() {
    return List.of(Route.get("/hello", TOPIC, "hello.say"));
  }
}

package dev.leat.cli.demo;

import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.Reply;
import dev.leat.gateway.route.Route;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Knows users. */
public final class UsersService implements DemoService {
  static final String TOPIC = "users";
  static final String GET = "user.get";

  /** What other services get to see too. */
  record User(String id, String name) {}

  record NewUser(@Nullable String name) {}

  private final Store<User> users = new Store<>("user");

  /** A service that knows two users and is not started. */
  public UsersService() {
    users.add(id -> new User(id, "ada"));
    users.add(id -> new User(id, "alan"));
  }

  @Override
  public void start(Leat leat) {
    leat.worker(TOPIC)
        .on("user.create", NewUser.class, (user, request) -> create(user))
        .on(GET, ById.class, (by, request) -> get(by.id()))
        .on("user.list", Payload.class, (nothing, request) -> users.list())
        .on("user.delete", ById.class, (by, request) -> users.delete(by.id()))
        .start();
  }

  @Override
  public List<Route> routes() {
    return List.of(
        Route.post("/users", TOPIC, "user.create").accepts("application/json"),
        Route.get("/users", TOPIC, "user.list"),
        Route.get("/users/{id}", TOPIC, GET),
        Route.delete("/users/{id}", TOPIC, "user.delete"));
  }

  private Reply create(NewUser wanted) {
    String name = wanted.name();
    if (name == null || name.isBlank()) {
      return Reply.problem(422, "Incomplete", "a user has a name");
    }
    User made = users.add(id -> new User(id, name));
    return Reply.created("/users/" + made.id(), made);
  }

  private Object get(String id) {
    return users.find(id).map(Reply::of).orElseGet(() -> users.notFound(id));
  }
}

package dev.leat.examples;

import dev.leat.Leat;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A worker, and a caller that asks it. */
public final class WorkerAndCaller {
  record User(String id, String name) {}

  record UpdateUser(String id, String name) {}

  record GetUser(String id) {}

  private static final class Store {
    private final Map<String, User> users = new ConcurrentHashMap<>();

    User update(UpdateUser user) {
      User updated = new User(user.id(), user.name());
      users.put(user.id(), updated);
      return updated;
    }

    User get(GetUser user) {
      return users.getOrDefault(user.id(), new User(user.id(), "nobody"));
    }
  }

  private WorkerAndCaller() {}

  /** Prints the user it has updated. */
  public static void main(String... arguments) {
    System.out.println(run());
  }

  static User run() {
    Store store = new Store();
    // snippet worker-and-caller
    try (Leat leat = Leat.connect("memory:")) {
      leat.worker("users")
          .on("user.update", UpdateUser.class, (user, request) -> store.update(user))
          .on("user.get", GetUser.class, (user, request) -> store.get(user))
          .start();

      Duration patience = Duration.ofSeconds(1);
      leat.caller().call("users", "user.update", new UpdateUser("7", "ada"), User.class, patience);
      User u = leat.caller().call("users", "user.get", new GetUser("7"), User.class, patience);
      // end
      return u;
    }
  }
}

package dev.leat.cli.demo;

import dev.leat.Caller;
import dev.leat.HandlerFailed;
import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.Reply;
import dev.leat.gateway.route.Route;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Knows posts, and asks the users service who wrote them. */
public final class PostsService implements DemoService {
  private static final String TOPIC = "posts";

  /**
   * As long as a caller at the edge waits, but for what the answer needs: brokers may fail over.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(9);

  record Post(String id, String author, String title) {}

  record NewPost(@Nullable String author, @Nullable String title) {}

  /** A post as its readers see it; the author is absent when the user is gone. */
  record PostWithAuthor(String id, String title, UsersService.@Nullable User author) {}

  private final Store<Post> posts = new Store<>("post");

  /** A service that knows one post and is not started. */
  public PostsService() {
    posts.add(id -> new Post(id, "1", "Notes on the engine"));
  }

  @Override
  public void start(Leat leat) {
    Caller caller = leat.caller();
    leat.worker(TOPIC)
        .on("post.create", NewPost.class, (post, request) -> create(caller, post))
        .on("post.get", ById.class, (by, request) -> get(caller, by.id()))
        .on("post.list", Payload.class, (nothing, request) -> posts.list())
        .on("post.delete", ById.class, (by, request) -> posts.delete(by.id()))
        .start();
  }

  @Override
  public List<Route> routes() {
    return List.of(
        Route.post("/posts", TOPIC, "post.create").accepts("application/json"),
        Route.get("/posts", TOPIC, "post.list"),
        Route.get("/posts/{id}", TOPIC, "post.get"),
        Route.delete("/posts/{id}", TOPIC, "post.delete"));
  }

  private Reply create(Caller caller, NewPost wanted) {
    String author = wanted.author();
    String title = wanted.title();
    if (author == null || title == null || title.isBlank()) {
      return Reply.problem(422, "Incomplete", "a post has an author, by id, and a title");
    }
    if (user(caller, author).isEmpty()) {
      return Reply.problem(422, "Unknown author", "there is no user '" + author + "'");
    }
    Post made = posts.add(id -> new Post(id, author, title));
    return Reply.created("/posts/" + made.id(), made);
  }

  private Reply get(Caller caller, String id) {
    return posts
        .find(id)
        .map(
            post ->
                Reply.of(
                    new PostWithAuthor(
                        post.id(), post.title(), user(caller, post.author()).orElse(null))))
        .orElseGet(() -> posts.notFound(id));
  }

  /** Asked over streams: this service knows a topic and a contract, and no address. */
  private static Optional<UsersService.User> user(Caller caller, String id) {
    try {
      return Optional.of(
          caller.call(
              UsersService.TOPIC,
              UsersService.GET,
              new ById(id),
              UsersService.User.class,
              PATIENCE));
    } catch (HandlerFailed failed) {
      if (failed.problem().status() == 404) {
        return Optional.empty();
      }
      throw failed;
    }
  }
}

package dev.leat.cli.demo;

import dev.leat.Leat;
import dev.leat.Reply;
import dev.leat.gateway.route.Route;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Knows comments on posts. */
public final class CommentsService implements DemoService {
  private static final String TOPIC = "comments";

  record Comment(String id, String post, String text) {}

  record NewComment(@Nullable String post, @Nullable String text) {}

  record OfPost(@Nullable String post) {}

  private final Store<Comment> comments = new Store<>("comment");

  /** A service that knows one comment and is not started. */
  public CommentsService() {
    comments.add(id -> new Comment(id, "1", "A note on note G would be welcome."));
  }

  @Override
  public void start(Leat leat) {
    leat.worker(TOPIC)
        .on("comment.create", NewComment.class, (comment, request) -> create(comment))
        .on("comment.get", ById.class, (by, request) -> get(by.id()))
        .on("comment.list", OfPost.class, (of, request) -> list(of.post()))
        .on("comment.delete", ById.class, (by, request) -> comments.delete(by.id()))
        .start();
  }

  @Override
  public List<Route> routes() {
    return List.of(
        Route.post("/comments", TOPIC, "comment.create").accepts("application/json"),
        Route.get("/comments", TOPIC, "comment.list"),
        Route.get("/comments/{id}", TOPIC, "comment.get"),
        Route.delete("/comments/{id}", TOPIC, "comment.delete"));
  }

  private Reply create(NewComment wanted) {
    String post = wanted.post();
    String text = wanted.text();
    if (post == null || text == null || text.isBlank()) {
      return Reply.problem(422, "Incomplete", "a comment has a post, by id, and a text");
    }
    Comment made = comments.add(id -> new Comment(id, post, text));
    return Reply.created("/comments/" + made.id(), made);
  }

  private Reply get(String id) {
    return comments.find(id).map(Reply::of).orElseGet(() -> comments.notFound(id));
  }

  private List<Comment> list(@Nullable String post) {
    return comments.list().stream()
        .filter(comment -> post == null || comment.post().equals(post))
        .toList();
  }
}

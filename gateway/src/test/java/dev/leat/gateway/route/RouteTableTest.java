package dev.leat.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTableTest {
  private final RouteTable table =
      new RouteTable(
          List.of(
              Route.get("/", "root", "root"),
              Route.get("/users", "users", "list"),
              Route.post("/users", "users", "create"),
              Route.get("/users/{id}", "users", "get"),
              Route.delete("/users/{user}", "users", "delete"),
              Route.get("/users/me", "users", "me"),
              Route.get("/users/{id}/posts/{post}", "posts", "get"),
              Route.of("options", "/own/options", "own", "options")));

  @Test
  void values_of_a_way_that_led_nowhere_are_forgotten() {
    RouteTable table =
        new RouteTable(
            List.of(Route.get("/a/{x}/b", "t", "one"), Route.get("/{y}/{z}/c", "t", "other")));

    assertThat(table.match("GET", "/a/1/c"))
        .isInstanceOfSatisfying(
            Match.Found.class, found -> assertThat(found.values()).containsExactly("a", "1"));
  }

  @Test
  void a_literal_of_other_methods_does_not_keep_a_parameter_from_its_own() {
    RouteTable table =
        new RouteTable(
            List.of(
                Route.get("/users/me", "t", "me"),
                Route.put("/users/{id}", "t", "put"),
                Route.get("/users/{id}/posts", "t", "posts"),
                Route.delete("/users/me/posts", "t", "clear")));

    assertThat(table.match("PUT", "/users/me"))
        .isInstanceOfSatisfying(
            Match.Found.class,
            found -> {
              assertThat(found.route().type()).isEqualTo("put");
              assertThat(found.values()).containsExactly("me");
            });
    assertThat(table.match("GET", "/users/me"))
        .isInstanceOfSatisfying(
            Match.Found.class, found -> assertThat(found.route().type()).isEqualTo("me"));
    assertThat(table.match("GET", "/users/me/posts"))
        .isInstanceOfSatisfying(
            Match.Found.class, found -> assertThat(found.values()).containsExactly("me"));
    assertThat(table.match("PATCH", "/users/me"))
        .isEqualTo(new Match.WrongMethod(Set.of("GET", "HEAD", "OPTIONS", "PUT")));
    assertThat(table.match("PATCH", "/users/7"))
        .isEqualTo(new Match.WrongMethod(Set.of("OPTIONS", "PUT")));
  }

  @Test
  void a_literal_is_taken_before_a_parameter() {
    assertThat(found("GET", "/users/me").route().type()).isEqualTo("me");
    assertThat(found("GET", "/users/you").route().type()).isEqualTo("get");
  }

  @Test
  void where_a_literal_leads_nowhere_the_parameter_is_taken() {
    Match.Found match = found("GET", "/users/me/posts/7");
    assertThat(match.names()).containsExactly("id", "post");
    assertThat(match.values()).containsExactly("me", "7");
  }

  @Test
  void parameters_are_decoded_and_an_encoded_slash_stays_within_its_segment() {
    assertThat(found("GET", "/users/a%2Fb%20c+d%C3%BC").values()).containsExactly("a/b c+dü");
    assertThat(found("GET", "/%75sers").route().type()).isEqualTo("list");
  }

  @Test
  void each_method_names_its_parameters_itself() {
    assertThat(found("GET", "/users/7").names()).containsExactly("id");
    assertThat(found("DELETE", "/users/7").names()).containsExactly("user");
  }

  @Test
  void head_is_answered_by_get() {
    assertThat(found("HEAD", "/users").route().method()).isEqualTo("GET");
  }

  @Test
  void another_method_is_told_which_are_allowed() {
    assertThat(table.match("PATCH", "/users"))
        .isEqualTo(new Match.WrongMethod(java.util.Set.of("GET", "HEAD", "OPTIONS", "POST")));
    assertThat(table.match("GET", "/own/options"))
        .isEqualTo(new Match.WrongMethod(java.util.Set.of("OPTIONS")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/nothing", "/users/", "/users//posts/1", "/users/1/posts", "//", "*", ""})
  void a_path_that_no_route_takes_is_unknown(String path) {
    assertThat(table.match("GET", path)).isEqualTo(new Match.Unknown());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/users/%", "/users/%2", "/users/%zz", "/users/%ff", "/users/%-1"})
  void a_path_that_cannot_be_decoded_is_malformed(String path) {
    assertThat(table.match("GET", path)).isEqualTo(new Match.Malformed());
  }

  @Test
  void routes_that_take_the_same_requests_are_refused() {
    assertThatThrownBy(
            () ->
                new RouteTable(
                    List.of(Route.get("/a/{x}", "t", "1"), Route.get("/a/{y}", "t", "2"))))
        .hasMessage("GET /a/{y} and /a/{x} take the same requests");
  }

  @Test
  void a_route_that_could_never_work_is_refused() {
    assertThatThrownBy(() -> Route.get("users", "t", "x")).hasMessageContaining("begins with '/'");
    assertThatThrownBy(() -> Route.get("/a{id}", "t", "x")).hasMessageContaining("whole segment");
    assertThatThrownBy(() -> Route.get("/{}", "t", "x")).hasMessageContaining("whole segment");
    assertThatThrownBy(() -> Route.get("/{a}/{a}", "t", "x"))
        .hasMessageContaining("two parameters");
    assertThatThrownBy(() -> Route.of("G T", "/", "t", "x")).hasMessageContaining("HTTP method");
    assertThatThrownBy(() -> Route.get("/", "t", "")).hasMessageContaining("message type");
    assertThatThrownBy(() -> Route.get("/", "t", "x").timeout(Duration.ZERO))
        .hasMessageContaining("must be positive");
  }

  private Match.Found found(String method, String path) {
    assertThat(table.match(method, path)).isInstanceOf(Match.Found.class);
    return (Match.Found) table.match(method, path);
  }

  @Test
  void a_parameter_at_the_end_may_take_all_that_is_left() {
    RouteTable table =
        new RouteTable(
            List.of(
                Route.get("/files/{path*}", "files", "get"),
                Route.get("/files/{id}/meta", "files", "meta"),
                Route.get("/files/index", "files", "index"),
                Route.put("/files/{id}", "files", "put")));

    assertThat(found(table, "GET", "/files/a")).isEqualTo("get[a]");
    assertThat(found(table, "GET", "/files/a/b%20c/d")).isEqualTo("get[a/b c/d]");
    assertThat(found(table, "GET", "/files/")).isEqualTo("get[]");
    assertThat(found(table, "GET", "/files/a/meta")).isEqualTo("meta[a]");
    assertThat(found(table, "GET", "/files/index")).isEqualTo("index[]");
    assertThat(found(table, "PUT", "/files/a")).isEqualTo("put[a]");
    assertThat(table.match("GET", "/files")).isInstanceOf(Match.Unknown.class);
    assertThat(table.match("DELETE", "/files/a/b"))
        .isInstanceOfSatisfying(
            Match.WrongMethod.class,
            wrong -> assertThat(wrong.allowed()).containsExactly("GET", "HEAD", "OPTIONS"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          GET | /a?b=1        | has no query
          GET | /a#b          | has no query
          GET | /p%20q        | without '%'
          GET | /static/*     | {path*}
          GET | /{a*}/b       | stands at the end
          GET | /a{b*}        | {path*}
          GET | /{a}/{a*}     | two parameters
          *   | /a            | one method
          """)
  void what_could_never_match_is_refused(String method, String path, String sentence) {
    assertThatThrownBy(() -> Route.of(method, path, "t", "x")).hasMessageContaining(sentence);
  }

  private static String found(RouteTable table, String method, String path) {
    Match.Found found = (Match.Found) table.match(method, path);
    return found.route().type() + found.values();
  }
}

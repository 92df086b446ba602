package dev.leat.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadMessage;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a handler's record is read from, and what is said where it cannot be. */
class PayloadCodecTest {
  /** An order, with a member of each kind. */
  record Order(
      Long n,
      int limit,
      double price,
      boolean paid,
      Size size,
      List<String> tags,
      Instant at,
      Duration time,
      Item item,
      String text) {}

  record Item(String name, int count) {}

  enum Size {
    SMALL,
    LARGE
  }

  record User(@Nullable String id, @Nullable String name) {}

  record Positive(int n) {
    Positive {
      if (n < 1) {
        throw new IllegalArgumentException("secret");
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"n":1.5}                  | /n has to be a whole number from -9223372036854775808 to 9223372036854775807
          {"n":""}                   | /n has to be a whole number from -9223372036854775808 to 9223372036854775807
          {"n":1e40}                 | /n has to be a whole number from -9223372036854775808 to 9223372036854775807
          {"n":99999999999999999999} | /n has to be a whole number from -9223372036854775808 to 9223372036854775807
          {"limit":3000000000}       | /limit has to be a whole number from -2147483648 to 2147483647
          {"limit":"x"}              | /limit has to be a whole number from -2147483648 to 2147483647
          {"limit":null}             | /limit has to be a whole number from -2147483648 to 2147483647
          {"price":"cheap"}          | /price has to be a number
          {"paid":"perhaps"}         | /paid has to be true or false
          {"size":"HUGE"}            | /size has to be one of SMALL, LARGE
          {"tags":"a"}               | /tags has to be an array
          {"tags":[{}]}              | /tags/0 has to be a string
          {"at":"noon"}              | /at has to be a time such as "2026-01-31T09:30:00Z"
          {"time":"long"}            | /time has to be a duration such as "PT1.5S"
          {"item":7}                 | /item has to be an object
          {"item":{"count":1.5}}     | /item/count has to be a whole number from -2147483648 to 2147483647
          []                         | the payload has to be an object
          """)
  void a_member_of_another_kind_is_named_with_what_is_taken(String json, String sentence) {
    assertThatThrownBy(() -> PayloadCodec.read(message(json), Order.class))
        .isInstanceOf(BadMessage.class)
        .hasMessage(sentence);
  }

  @Test
  void what_a_type_refuses_of_itself_is_not_told_in_its_words() {
    assertThatThrownBy(() -> PayloadCodec.read(message("{\"n\":0}"), Positive.class))
        .hasMessage("the payload is not allowed as it is");
  }

  @Test
  void a_member_that_nobody_knows_is_refused_where_only_known_ones_are_taken() {
    Message misspelt = message("{\"id\":\"7\",\"nmae\":\"ada\"}");

    assertThat(PayloadCodec.read(misspelt, User.class)).isEqualTo(new User("7", null));
    assertThatThrownBy(() -> PayloadCodec.read(misspelt, User.class, true))
        .hasMessage("there is no member /nmae; there is id, name");
  }

  @Test
  void path_parameters_are_members_and_win() {
    Headers path = Headers.of("http.method", "PUT", "http.param.id", "7", "http.param.other", "x");

    assertThat(PayloadCodec.read(message("{\"name\":\"ada\"}", path), User.class, true))
        .isEqualTo(new User("7", "ada"));
    assertThat(PayloadCodec.read(message("{\"id\":\"8\",\"name\":\"ada\"}", path), User.class))
        .isEqualTo(new User("7", "ada"));
    assertThat((Object) PayloadCodec.read(message("[1]", path), List.class)).isEqualTo(List.of(1));
    assertThat((Object) PayloadCodec.read(message("{}", path), Map.class)).isEqualTo(Map.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "PATCH"})
  void what_has_a_body_is_not_read_from_the_query_unless_the_route_says_so(String method) {
    Headers query = Headers.of("http.method", method, "http.query.name", "eve");

    assertThat(PayloadCodec.read(message("", query), User.class)).isEqualTo(new User(null, null));
    assertThat(PayloadCodec.read(message("{\"id\":\"7\"}", query), User.class))
        .isEqualTo(new User("7", null));
    Headers filling = query.with("http.fills", "query");
    assertThat(PayloadCodec.read(message("{\"id\":\"7\"}", filling), User.class))
        .isEqualTo(new User("7", "eve"));
    assertThat(PayloadCodec.read(message("{\"name\":\"ada\"}", filling), User.class))
        .as("the body says it")
        .isEqualTo(new User(null, "ada"));
  }

  @Test
  void query_parameters_of_one_name_are_a_list_where_there_is_one() {
    Headers one = Headers.of("http.method", "GET", "http.query.tags", "a", "http.query.limit", "5");
    Headers two = one.adding("http.query.tags", "b").adding("http.query.limit", "6");

    assertThat(PayloadCodec.read(message("", one), Order.class).tags()).containsExactly("a");
    assertThat(PayloadCodec.read(message("", two), Order.class).tags()).containsExactly("a", "b");
    assertThat(PayloadCodec.read(message("", two), Order.class).limit()).isEqualTo(5);
    assertThat((Object) PayloadCodec.read(message("", two), Map.class))
        .isEqualTo(Map.of("tags", List.of("a", "b"), "limit", List.of("5", "6")));
  }

  @Test
  void a_query_parameter_that_is_empty_is_no_number() {
    Headers empty = Headers.of("http.method", "GET", "http.query.limit", "");

    assertThatThrownBy(() -> PayloadCodec.read(message("", empty), Order.class))
        .hasMessage("/limit has to be a whole number from -2147483648 to 2147483647");
  }

  private static Message message(String json) {
    return message(json, Headers.NONE);
  }

  private static Message message(String json, Headers headers) {
    return new Message("id", "t", "", headers, "", Payload.json(json));
  }
}

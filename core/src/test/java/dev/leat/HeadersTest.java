package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class HeadersTest {
  @Test
  void a_name_set_again_keeps_its_place_and_its_last_value() {
    Headers headers = Headers.of("a", "1", "b", "2", "a", "3");

    assertThat(headers.asMap())
        .containsExactly(java.util.Map.entry("a", "3"), java.util.Map.entry("b", "2"));
  }

  @Test
  void with_leaves_the_original_as_it_was() {
    Headers one = Headers.of("a", "1");

    assertThat(one.with("b", "2").get("b")).contains("2");
    assertThat(one.has("b")).isFalse();
  }

  @Test
  void what_a_builder_has_built_stays_as_it_was() {
    Headers.Builder builder = Headers.builder().set("a", "1");
    Headers one = builder.build();
    Headers two = builder.set("a", "2").set("b", "3").build();

    assertThat(one).isEqualTo(Headers.of("a", "1"));
    assertThat(two).isEqualTo(Headers.of("a", "2", "b", "3"));
    assertThat(one.toBuilder().set("c", "4").build()).isEqualTo(Headers.of("a", "1", "c", "4"));
    assertThat(one.with("a", "5").size()).isEqualTo(1);
  }

  @Test
  void the_same_headers_in_another_order_are_equal() {
    assertThat(Headers.of("a", "1", "b", "2"))
        .isEqualTo(Headers.of("b", "2", "a", "1"))
        .hasSameHashCodeAs(Headers.of("b", "2", "a", "1"));
  }

  @Test
  void a_deadline_that_is_no_number_is_none() {
    assertThat(Headers.of(Headers.DEADLINE, "soon").deadline()).isEmpty();
    assertThat(Headers.of(Headers.DEADLINE, "5").deadline()).contains(Instant.ofEpochMilli(5));
  }

  @Test
  void a_query_parameter_has_as_many_values_as_were_added() {
    Headers headers =
        Headers.of("http.query.tag", "a")
            .adding("http.query.tag", "b")
            .adding("http.query.tag", "");

    assertThat(headers.all("http.query.tag")).containsExactly("a", "b", "");
    assertThat(headers.get("http.query.tag")).contains("a");
    assertThat(headers.get("http.query-3.tag")).contains("");
    assertThat(headers.all("http.query.other")).isEmpty();
    assertThat(Headers.of("key", "k").all("key")).containsExactly("k");
    assertThatThrownBy(() -> Headers.of("key", "k").adding("key", "other"))
        .hasMessage("the header key has one value");
  }

  @Test
  void a_reply_has_several_http_headers_of_one_name_until_they_are_replaced() {
    Reply two =
        Reply.of("").withHttpHeader("Set-Cookie", "a=1").withHttpHeader("set-cookie", "b=2");

    assertThat(two.headers().all("http.header.set-cookie")).containsExactly("a=1", "b=2");
    assertThat(two.replaceHttpHeader("set-cookie", "c=3").headers().asMap())
        .containsExactly(java.util.Map.entry("http.header.set-cookie", "c=3"));
  }

  @Test
  void a_name_without_its_value_is_refused() {
    assertThatThrownBy(() -> Headers.of("a")).hasMessageContaining("a value is missing");
    assertThatThrownBy(() -> Headers.of("", "x")).hasMessageContaining("must not be empty");
  }

  @Test
  void of_very_many_each_is_found_and_replaced_where_it_stood() {
    Headers.Builder builder = Headers.builder();
    for (int i = 0; i < 10_000; i++) {
      builder.set("name-" + i, "value-" + i);
    }
    Headers first = builder.build();
    builder.set("name-64", "other").set("name-9999", "other").set("more", "and more");
    Headers changed = builder.build();

    assertThat(first.size()).isEqualTo(10_000);
    assertThat(first.get("name-64")).contains("value-64");
    assertThat(first.get("name-9999")).contains("value-9999");
    assertThat(first.has("more")).isFalse();
    assertThat(changed.size()).isEqualTo(10_001);
    assertThat(changed.get("name-64")).contains("other");
    assertThat(changed.get("name-9999")).contains("other");
    assertThat(changed.get("more")).contains("and more");
    assertThat(changed.toBuilder().set("name-0", "x").build().get("name-0")).contains("x");
  }
}

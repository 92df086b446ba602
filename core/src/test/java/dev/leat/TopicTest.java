package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicTest {
  @Test
  void one_name_is_that_namespace_with_the_default_topic() {
    Topic topic = Topic.of("users");

    assertThat(topic).isEqualTo(new Topic("users", "DEFAULT"));
    assertThat(topic).hasToString("users");
  }

  @Test
  void two_names_are_namespace_and_topic() {
    Topic topic = Topic.of("shop::orders#3");

    assertThat(topic).isEqualTo(new Topic("shop", "orders#3"));
    assertThat(topic).hasToString("shop::orders#3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a:b", "::", "a::", "::b", "a::b::c", "a\n"})
  void a_name_that_would_not_survive_in_a_key_is_refused(String name) {
    assertThatThrownBy(() -> Topic.of(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cannot be part of a topic");
  }
}

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

    assertThat(topic.incoming()).isEqualTo("users::DEFAULT::CONSUMER_INCOMING");
    assertThat(topic.outgoing()).isEqualTo("users::DEFAULT::PRODUCER_OUTGOING");
    assertThat(topic.deadLetters()).isEqualTo("users::DEFAULT::DEAD_LETTERS");
    assertThat(topic).hasToString("users");
  }

  @Test
  void two_names_are_namespace_and_topic() {
    Topic topic = Topic.of("shop::orders#3");

    assertThat(topic.incoming()).isEqualTo("shop::orders#3::CONSUMER_INCOMING");
    assertThat(topic).hasToString("shop::orders#3");
  }

  @Test
  void a_private_reply_stream_names_its_instance() {
    assertThat(Topic.replyStream("leat", "a1")).isEqualTo("leat::replies#a1::PRODUCER_OUTGOING");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a:b", "::", "a::", "::b", "a::b::c", "a\n"})
  void a_name_that_would_not_survive_in_a_key_is_refused(String name) {
    assertThatThrownBy(() -> Topic.of(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cannot be part of a topic");
  }
}

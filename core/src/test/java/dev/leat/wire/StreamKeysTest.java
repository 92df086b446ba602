package dev.leat.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Dialect;
import dev.leat.StreamRef;
import dev.leat.Topic;
import org.junit.jupiter.api.Test;

class StreamKeysTest {
  private static final Topic USERS = Topic.of("users");

  @Test
  void keys_are_as_the_protocol_says() {
    assertThat(StreamKeys.of(USERS.incoming())).isEqualTo("users::DEFAULT::CONSUMER_INCOMING");
    assertThat(StreamKeys.of(USERS.sharedReplies())).isEqualTo("users::DEFAULT::PRODUCER_OUTGOING");
    assertThat(StreamKeys.of(USERS.deadLetters())).isEqualTo("users::DEFAULT::DEAD_LETTERS");
    assertThat(StreamKeys.of(new StreamRef.DeadLetters(USERS, Dialect.NAMED)))
        .isEqualTo("users::DEFAULT::DEAD_LETTER");
    assertThat(StreamKeys.of(Topic.of("shop::orders#3").incoming()))
        .isEqualTo("shop::orders#3::CONSUMER_INCOMING");
    assertThat(StreamKeys.of(new StreamRef.At("any key"))).isEqualTo("any key");
    assertThat(StreamKeys.cancelled(USERS)).isEqualTo("users::DEFAULT::CANCELLED");
    assertThat(StreamKeys.replies("a1")).isEqualTo("leat::replies#a1::PRODUCER_OUTGOING");
  }

  @Test
  void replies_are_private_or_shared_and_nothing_else_is_for_replies() {
    String own = StreamKeys.replies("a1");
    String shared = StreamKeys.of(USERS.sharedReplies());
    assertThat(StreamKeys.isPrivateReplies(own)).isTrue();
    assertThat(StreamKeys.isReplies(own)).isTrue();
    assertThat(StreamKeys.isPrivateReplies(shared)).isFalse();
    assertThat(StreamKeys.isReplies(shared)).isTrue();
    assertThat(StreamKeys.isReplies(StreamKeys.of(USERS.incoming()))).isFalse();
  }

  @Test
  void the_topic_of_a_key_of_requests_is_known() {
    assertThat(StreamKeys.incomingTopic("users::DEFAULT::CONSUMER_INCOMING")).contains(USERS);
    assertThat(StreamKeys.incomingTopic("users::DEFAULT::DEAD_LETTERS")).isEmpty();
    assertThat(StreamKeys.incomingTopic("a::b::c::CONSUMER_INCOMING")).isEmpty();
    assertThat(StreamKeys.incomingTopic("CONSUMER_INCOMING")).isEmpty();
  }
}

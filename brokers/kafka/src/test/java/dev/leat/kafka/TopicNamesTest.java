package dev.leat.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadConfiguration;
import dev.leat.StreamRef;
import dev.leat.Topic;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class TopicNamesTest {
  @Test
  void names_are_those_that_people_would_give() {
    assertThat(TopicNames.of(Topic.of("users").incoming())).isEqualTo("users.requests");
    assertThat(TopicNames.of(Topic.of("shop::orders").deadLetters()))
        .isEqualTo("shop.orders.dead-letters");
    assertThat(TopicNames.of(Topic.of("a_b.c#1").incoming())).isEqualTo("a_5fb_2ec_231.requests");
    assertThat(TopicNames.of(new StreamRef.At("users.cancelled"))).isEqualTo("users.cancelled");
    assertThat(TopicNames.group("users.requests", "users.requests.workers")).contains("workers");
    assertThat(TopicNames.group("users.requests", "shop.users.requests.workers")).isEmpty();
    assertThat(TopicNames.isForReplies("leat-replies/3/lane/7")).isTrue();
    assertThat(TopicNames.isForReplies("users.requests")).isFalse();
  }

  @Property
  void each_topic_can_be_read_back(
      @ForAll @StringLength(min = 1, max = 20) String namespace,
      @ForAll @StringLength(min = 1, max = 20) String name) {
    Topic topic;
    try {
      topic = new Topic(namespace, name);
    } catch (IllegalArgumentException refused) {
      return;
    }
    String written;
    try {
      written = TopicNames.of(topic.incoming());
    } catch (BadConfiguration tooLong) {
      return;
    }
    assertThat(written).matches("[a-zA-Z0-9._-]{1,249}");
    if (isText(namespace) && isText(name)) {
      assertThat(TopicNames.incomingTopic(written)).contains(topic);
    }
  }

  @Test
  void an_address_of_a_lane_names_its_partitions() {
    for (LaneAddress address :
        List.of(
            new LaneAddress(List.of(3), "lane/7"),
            new LaneAddress(List.of(0, 99_999), "l"),
            new LaneAddress(List.of(1, 2, 3, 4), ""))) {
      assertThat(LaneAddress.read(address.toString())).contains(address);
    }
    for (String none :
        List.of(
            "leat-replies/l",
            "leat-replies//l",
            "leat-replies/x/l",
            "leat-replies/1./l",
            "leat-replies/.1/l",
            "leat-replies/1..2/l",
            "leat-replies/1.2.3.4.5/l",
            "leat-replies/100000/l",
            "leat-replies/99999999999999999999/l",
            "leat-replies/-1/l",
            "users.requests/1/l")) {
      assertThat(LaneAddress.read(none)).as(none).isEmpty();
    }
  }

  /** What UTF-8 can write. */
  private static boolean isText(String part) {
    return new String(part.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).equals(part);
  }

  @Test
  void one_that_is_too_long_is_refused_and_others_names_are_nobodys() {
    assertThatThrownBy(() -> TopicNames.of(Topic.of("x".repeat(245)).incoming()))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("too long for Kafka");
    assertThat(TopicNames.incomingTopic("orders")).isEmpty();
    assertThat(TopicNames.incomingTopic("a.b.c.requests")).isEmpty();
    assertThat(TopicNames.incomingTopic("a_zz.requests")).isEmpty();
    assertThat(TopicNames.incomingTopic("a_20b.requests")).isEmpty();
  }
}

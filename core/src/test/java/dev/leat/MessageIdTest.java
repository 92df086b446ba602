package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MessageIdTest {
  private final Instant now = Instant.parse("2026-11-25T10:00:00.123Z");
  private final MessageId ids = MessageId.secure(InstantSource.fixed(now));

  @Test
  void an_id_is_a_uuid_of_version_7_that_says_when_it_was_made() {
    String id = ids.next();

    assertThat(UUID.fromString(id).version()).isEqualTo(7);
    assertThat(UUID.fromString(id).variant()).isEqualTo(2);
    assertThat(MessageId.madeAt(id)).isEqualTo(now);
  }

  @Test
  void ids_of_one_generator_ascend_even_when_the_clock_stands_still() {
    List<String> made = Stream.generate(ids::next).limit(10_000).toList();

    assertThat(made).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void an_id_of_another_version_does_not_say_when() {
    assertThatThrownBy(() -> MessageId.madeAt(new UUID(1, 2).toString()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not a UUID of version 7");
  }
}

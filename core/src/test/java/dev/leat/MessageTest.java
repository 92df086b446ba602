package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MessageTest {
  private final Message request =
      new Message(
          "id-1",
          "user.get",
          "leat::replies#1::PRODUCER_OUTGOING",
          Headers.of("deadline", "1000"),
          "gateway",
          Payload.json("{\"id\":7}"));

  @Test
  void a_reply_carries_the_requests_id_and_wants_no_reply_itself() {
    Message reply = request.reply(Headers.NONE, "users", Payload.json("{}"));

    assertThat(reply.id()).isEqualTo(request.id());
    assertThat(reply.type()).isEqualTo(Message.REPLY);
    assertThat(reply.wantsReply()).isFalse();
    assertThat(request.wantsReply()).isTrue();
  }

  @Test
  void a_message_without_an_id_is_refused() {
    assertThatThrownBy(() -> new Message("", "t", "", Headers.NONE, "", Payload.EMPTY))
        .hasMessage("a message needs an id");
  }

  @Test
  void what_a_message_holds_does_not_show_when_it_is_printed() {
    Message secret =
        new Message(
            "id-2", "t", "", Headers.of("auth.sub", "s3cret"), "", Payload.text("s3cret too"));

    assertThat(secret.toString()).contains("id-2", "auth.sub").doesNotContain("s3cret");
  }

  @Test
  void messages_of_equal_content_are_equal() {
    assertThat(request.withHeaders(Headers.of("deadline", "1000"))).isEqualTo(request);
    assertThat(request.withHeaders(Headers.of("deadline", "1001"))).isNotEqualTo(request);
  }
}

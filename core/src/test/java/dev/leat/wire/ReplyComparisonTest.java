package dev.leat.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.wire.ReplyComparison.Difference;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReplyComparisonTest {
  @Test
  void each_difference_is_told_by_its_pointer_with_what_was_and_what_is() {
    assertThat(
            differences(
                ReplyComparison.OF_ALL,
                "{\"a\":1,\"b\":{\"c\":\"x\",\"d/e\":[1,2]},\"same\":[{}],\"gone\":null}",
                "{\"same\":[{}],\"b\":{\"d/e\":[1,3,4],\"c\":\"y\"},\"a\":1.0,\"new\":{\"n\":1}}"))
        .containsExactlyInAnyOrder(
            differs("/b/c", "\"x\"", "\"y\""),
            differs("/b/d~1e/1", "2", "3"),
            new Difference("/b/d~1e/2", Optional.empty(), Optional.of("4")),
            new Difference("/gone", Optional.of("null"), Optional.empty()),
            new Difference("/new", Optional.empty(), Optional.of("{\"n\":1}")));
  }

  @Test
  void the_same_members_in_another_order_are_the_same() {
    assertThat(
            differences(
                ReplyComparison.OF_ALL,
                "{\"a\":1e2,\"b\":[true]}",
                " {\"b\":[true], \"a\":100.00}"))
        .isEmpty();
    assertThat(differences(ReplyComparison.OF_ALL, "{\"a\":1}", "{\"a\":\"1\"}"))
        .containsExactly(differs("/a", "1", "\"1\""));
    assertThat(differences(ReplyComparison.OF_ALL, "[1]", "{\"0\":1}"))
        .containsExactly(differs("", "[1]", "{\"0\":1}"));
  }

  @Test
  void what_is_ignored_is_not_compared() {
    ReplyComparison comparison = ReplyComparison.ignoring("t=/at,/rows/*/id; other=/name");

    assertThat(
            differences(
                comparison,
                "{\"at\":1,\"rows\":[{\"id\":1},{\"id\":2}],\"name\":\"a\"}",
                "{\"at\":2,\"rows\":[{\"id\":3},{\"id\":4}],\"name\":\"b\"}"))
        .containsExactly(differs("/name", "\"a\"", "\"b\""));
    assertThat(differences(ReplyComparison.ignoring("/at,/n"), "{\"at\":1,\"n\":1}", "{}"))
        .isEmpty();
    assertThatThrownBy(() -> ReplyComparison.ignoring("at"))
        .hasMessageContaining("'at' does not say what is not compared");
  }

  @Test
  void what_is_hidden_differs_without_being_shown() {
    Redaction hidden = Redaction.parse("t=/token,/user/name");
    assertThat(
            ReplyComparison.OF_ALL.of(
                "t",
                reply("200", Payload.json("{\"token\":\"secret-1\",\"user\":{\"name\":\"ada\"}}")),
                reply("404", Payload.json("{\"token\":\"secret-2\",\"user\":7}")),
                hidden))
        .containsExactly(
            differs("status", "200", "404"),
            differs("/token", "\"***\"", "\"***\""),
            differs("/user", "{\"name\":\"***\"}", "7"));
    assertThat(
            ReplyComparison.OF_ALL.of(
                "t",
                reply("200", Payload.text("secret-1")),
                reply("200", Payload.text("secret-2")),
                hidden))
        .containsExactly(differs("", "***", "***"));
  }

  @Test
  void each_may_name_its_own_request_as_problems_do() {
    Message was =
        new Message(
            "sent-again",
            Message.REPLY,
            "",
            Headers.of(Headers.REPLAY_OF, "recorded"),
            "s",
            Payload.json("{\"id\":\"recorded\",\"of\":\"other\"}"));
    Message is =
        new Message(
            "sent-again",
            Message.REPLY,
            "",
            Headers.NONE,
            "s",
            Payload.json("{\"id\":\"sent-again\",\"of\":\"sent-again\"}"));
    assertThat(ReplyComparison.OF_ALL.of("t", was, is, Redaction.NONE))
        .containsExactly(differs("/of", "\"other\"", "\"sent-again\""));
  }

  @Test
  void what_a_hidden_object_has_is_not_shown_either() {
    assertThat(
            ReplyComparison.OF_ALL.of(
                "t",
                reply("200", Payload.json("{\"tokens\":{\"secret-1\":1},\"n\":1}")),
                reply("200", Payload.json("{\"tokens\":{\"secret-2\":1},\"n\":1}")),
                Redaction.parse("t=/tokens")))
        .containsExactly(differs("/tokens", "\"***\"", "\"***\""));
  }

  @Test
  void text_is_compared_as_text_unless_it_is_an_object_or_a_list() {
    assertThat(
            ReplyComparison.OF_ALL.of(
                "t",
                reply("200", Payload.text("1.10")),
                reply("200", Payload.text("1.1")),
                Redaction.NONE))
        .containsExactly(differs("", "1.10", "1.1"));
    assertThat(
            ReplyComparison.OF_ALL.of(
                "t",
                reply("200", Payload.text("7")),
                reply("200", Payload.json("7")),
                Redaction.NONE))
        .containsExactly(differs("", "7", "7"));
    assertThat(
            ReplyComparison.OF_ALL.of(
                "t",
                reply("200", Payload.text("[1,2]")),
                reply("200", Payload.text("[1, 3]")),
                Redaction.NONE))
        .containsExactly(differs("/1", "2", "3"));
  }

  @Test
  void a_number_that_is_too_large_for_us_is_compared_and_hidden_as_a_whole() {
    String huge = "{\"n\":1e2147483648}";
    assertThat(differences(ReplyComparison.OF_ALL, huge, "{\"n\":1}"))
        .containsExactly(differs("", huge, "{\"n\":1}"));
    assertThat(Redaction.parse("t=/token").of("t", Payload.json(huge)).asText()).isEqualTo("***");
    assertThat(PayloadCondition.parse("/n=1").isMetBy(Payload.json(huge))).isFalse();
  }

  @Test
  void what_is_no_json_differs_as_a_whole() {
    assertThat(
            ReplyComparison.OF_ALL.of(
                "t",
                reply("200", Payload.binary(new byte[] {1, 2})),
                reply("200", Payload.EMPTY),
                Redaction.NONE))
        .containsExactly(new Difference("", Optional.of("AQI="), Optional.empty()));
  }

  @Test
  void a_condition_is_met_by_the_value_that_a_pointer_leads_to() {
    PayloadCondition condition = PayloadCondition.parse("/user/id=7");
    assertThat(condition.isMetBy(Payload.json("{\"user\":{\"id\":7}}"))).isTrue();
    assertThat(condition.isMetBy(Payload.json("{\"user\":{\"id\":\"7\"}}"))).isTrue();
    assertThat(condition.isMetBy(Payload.json("{\"user\":{\"id\":8},\"id\":7}"))).isFalse();
    assertThat(condition.isMetBy(Payload.json("{\"user\":{\"id\":[7]}}"))).isFalse();
    assertThat(condition.isMetBy(Payload.text("user 7"))).isFalse();
    assertThat(condition.isMetBy(Payload.EMPTY)).isFalse();
    assertThat(PayloadCondition.parse("/a=null").isMetBy(Payload.json("{\"a\":null}"))).isTrue();
    assertThat(PayloadCondition.parse("/a=").isMetBy(Payload.json("{\"a\":null}"))).isFalse();
    assertThat(PayloadCondition.parse("/a=").isMetBy(Payload.json("{\"a\":\"\"}"))).isTrue();
    assertThat(PayloadCondition.parse("/a=7").isMetBy(Payload.json("{\"a\":7.0}"))).isTrue();
    assertThat(PayloadCondition.parse("/a=1e2").isMetBy(Payload.json("{\"a\":100}"))).isTrue();
    assertThat(
            PayloadCondition.parse("/rows/*/n=a=b")
                .isMetBy(Payload.json("{\"rows\":[{},{\"n\":\"a=b\"}]}")))
        .isTrue();
    assertThatThrownBy(() -> PayloadCondition.parse("/user/id"))
        .hasMessageContaining("'/user/id' does not say what stands there, as in /user/id=7");
    assertThatThrownBy(() -> PayloadCondition.parse("user=7"))
        .hasMessageContaining("'user' is no JSON pointer");
  }

  private static List<Difference> differences(ReplyComparison by, String was, String is) {
    return by.of(
        "t", reply("200", Payload.json(was)), reply("200", Payload.json(is)), Redaction.NONE);
  }

  private static Difference differs(String where, String was, String is) {
    return new Difference(where, Optional.of(was), Optional.of(is));
  }

  private static Message reply(String status, Payload payload) {
    return new Message("id", Message.REPLY, "", Headers.of(Headers.STATUS, status), "s", payload);
  }
}

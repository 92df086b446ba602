package dev.leat.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Payload;
import org.junit.jupiter.api.Test;

class RedactionTest {
  @Test
  void what_pointers_lead_to_is_hidden_and_nothing_else() {
    Redaction redaction =
        Redaction.parse("user.create=/password,/cards/*/number,/a~1b/0,/there/is/none; *=/token");

    assertThat(
            shown(
                redaction,
                "user.create",
                "{\"password\":\"x\",\"token\":{\"t\":1},\"name\":\"ada\"}"))
        .isEqualTo("{\"password\":\"***\",\"token\":\"***\",\"name\":\"ada\"}");
    assertThat(
            shown(
                redaction,
                "user.create",
                "{\"cards\":[{\"number\":1,\"cvc\":2},{\"number\":3}],\"a/b\":[\"x\",\"y\"]}"))
        .isEqualTo(
            "{\"cards\":[{\"number\":\"***\",\"cvc\":2},{\"number\":\"***\"}],\"a/b\":[\"***\",\"y\"]}");
    assertThat(shown(redaction, "other", "{\"password\":\"x\",\"token\":1}"))
        .isEqualTo("{\"password\":\"x\",\"token\":\"***\"}");
  }

  @Test
  void what_cannot_be_looked_into_is_hidden_whole_where_its_type_has_a_rule() {
    Redaction redaction = Redaction.parse("user.create=/password;*=/token");

    assertThat(redaction.of("user.create", Payload.text("password=x")).asText()).isEqualTo("***");
    assertThat(redaction.of("user.create", Payload.binary(new byte[] {1, 2})).asText())
        .isEqualTo("***");
    assertThat(redaction.of("other", Payload.text("hello")).asText()).isEqualTo("hello");
    assertThat(redaction.of("other", Payload.text(" {\"token\":1} and more")).asText())
        .isEqualTo("***");
    assertThat(shown(redaction, "other", "{\"n\":1.00000000000000000012345}"))
        .isEqualTo("{\"n\":1.00000000000000000012345}");
    assertThat(redaction.of("user.create", Payload.EMPTY)).isEqualTo(Payload.EMPTY);
    assertThat(Redaction.NONE.of("user.create", Payload.text("x"))).isEqualTo(Payload.text("x"));
  }

  @Test
  void what_is_no_rule_is_refused_with_what_one_looks_like() {
    assertThatThrownBy(() -> Redaction.parse("/password"))
        .hasMessageContaining("'/password' does not say what is hidden, as in user.create=");
    assertThatThrownBy(() -> Redaction.parse("user.create=password"))
        .hasMessageContaining("'password' is no JSON pointer, which begins with a slash");
  }

  private static String shown(Redaction redaction, String type, String json) {
    return redaction.of(type, Payload.json(json)).asText();
  }
}

package dev.leat.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.json.JsonMapper;

/** The short look at JSON must never take for JSON what Jackson does not. */
class JsonSyntaxTest {
  private static final JsonMapper JSON = JsonMapper.shared();

  /** RFC 3629, section 4: shortest forms only, no halves of pairs, nothing beyond U+10FFFF. */
  @Test
  void ill_formed_utf_8_is_no_json() {
    List<String> broken =
        List.of(
            "c0af",
            "c1bf",
            "e080a2",
            "e09fbf",
            "eda0bd",
            "edbfbf",
            "f08080af",
            "f4908080",
            "f5808080",
            "ff",
            "80",
            "c3",
            "e282");
    for (String hex : broken) {
      byte[] json = HexFormat.of().parseHex("7b226e223a22" + hex + "227d");
      assertThat(JsonSyntax.fault(json)).as(hex).contains("it is not UTF-8");
    }
    for (String good :
        List.of(
            "\u00e4",
            "\u07ff",
            "\u0800",
            "\ud7ff",
            "\ue000",
            "\uffff",
            "\ud83d\ude00",
            "\udbff\udfff")) {
      byte[] json = ("{\"n\":\"" + good + "\"}").getBytes(StandardCharsets.UTF_8);
      assertThat(PlainJson.is(json)).as(good).isTrue();
    }
  }

  @Property
  void a_document_is_plain(@ForAll("documents") Object document) {
    assertThat(PlainJson.is(JSON.writeValueAsBytes(document))).isTrue();
    assertThat(PlainJson.is(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(document)))
        .isTrue();
  }

  @Property(tries = 20_000)
  void pieces_of_json_in_any_order_are_judged_as_jackson_judges(@ForAll("almost") byte[] bytes) {
    assertThat(PlainJson.is(bytes)).isEqualTo(isJson(bytes));
  }

  @Property(tries = 5_000)
  void one_byte_changed_is_never_taken_for_json_where_jackson_does_not(
      @ForAll("documents") Object document, @ForAll int where, @ForAll byte sign) {
    byte[] bytes = JSON.writeValueAsBytes(document);
    bytes[Math.floorMod(where, bytes.length)] = sign;

    if (PlainJson.is(bytes)) {
      assertThat(isJson(bytes)).isTrue();
    }
  }

  @Test
  void what_is_special_in_a_long_string_is_seen_wherever_it_stands() {
    for (int at = 0; at < 40; at++) {
      for (String special : List.of("\"", "\\", "\u0000", "\u001f", "\\x", "\\u12g4")) {
        String text = "x".repeat(at) + special + "x".repeat(40 - at);
        assertThat(PlainJson.is(utf8("[\"" + text + "\"]"))).as(text).isFalse();
      }
      for (String allowed : List.of("\\\"", "\\\\", "\u007f", "!", "#", "[", "]", "é", "€", "🌿")) {
        String text = "x".repeat(at) + allowed + "x".repeat(40 - at);
        assertThat(PlainJson.is(utf8("[\"" + text + "\"]"))).as(text).isTrue();
      }
    }
  }

  @Test
  void what_is_rare_is_left_to_jackson() {
    assertThat(JsonSyntax.fault(utf8("[".repeat(200) + "]".repeat(200)))).isEmpty();
    assertThat(JsonSyntax.fault(utf8("{\"" + "n".repeat(2_000) + "\":" + "1".repeat(900) + "}")))
        .isEmpty();
    assertThat(JsonSyntax.fault(utf8("\uFEFF{}"))).isEmpty();
  }

  @Test
  void a_fault_says_where_it_is() {
    assertThat(JsonSyntax.fault(utf8("{\"a\":\n 1,}"))).contains("line 2, column 4");
    assertThat(JsonSyntax.fault(utf8("{} {}"))).contains("it goes on after its end");
    assertThat(JsonSyntax.fault(new byte[0])).contains("it is empty");
    assertThat(JsonSyntax.fault("{}".getBytes(StandardCharsets.UTF_16LE)))
        .contains("it is not UTF-8");
  }

  @Provide
  Arbitrary<Object> documents() {
    Arbitrary<Object> scalars =
        Arbitraries.oneOf(
            Arbitraries.strings().ofMaxLength(30).filter(JsonSyntaxTest::isUnicode),
            Arbitraries.strings().ascii().ofMaxLength(30),
            Arbitraries.integers(),
            Arbitraries.doubles(),
            Arbitraries.of(true, false));
    Arbitrary<String> names = Arbitraries.strings().ascii().ofMaxLength(12);
    return Arbitraries.recursive(
            () -> scalars,
            inner ->
                Arbitraries.oneOf(
                    inner.list().ofMaxSize(4).map(List::copyOf),
                    Arbitraries.maps(names, inner).ofMaxSize(4).map(Map::copyOf)),
            0,
            3)
        .withoutEdgeCases();
  }

  @Provide
  Arbitrary<byte[]> almost() {
    return Arbitraries.of(
            "{", "}", "[", "]", "\"a\":", "\"b\"", "\"", ":", ",", " ", "\n", "1", "-", "0", ".",
            "e", "+", "2.5e-3", "true", "null", "fals", "é", "\\n")
        .list()
        .ofMinSize(1)
        .ofMaxSize(7)
        .map(pieces -> utf8(pieces.stream().collect(Collectors.joining())));
  }

  private static boolean isJson(byte[] bytes) {
    try (JsonParser json = JSON.createParser(bytes)) {
      if (json.nextToken() == null) {
        return false;
      }
      json.skipChildren();
      return json.nextToken() == null;
    } catch (JacksonException malformed) {
      return false;
    }
  }

  private static boolean isUnicode(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

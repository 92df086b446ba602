package dev.leat.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Headers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The short way to read and write headers must never say other than any reader of JSON. */
class HeadersJsonTest {
  private static final JsonMapper JSON = JsonMapper.shared();

  @Property
  void headers_are_read_as_they_were_written(@ForAll("headers") Map<String, String> given) {
    byte[] written = HeadersJson.encode(headers(given));

    EntryStrings entry = EntryStrings.of(List.of(new byte[] {'{'}, written, new byte[] {'}'}));

    assertThat(HeadersJson.decode(entry, 1).asMap()).isEqualTo(given);
    if (!given.isEmpty()) {
      assertThat(JSON.readValue(written, new TypeReference<Map<String, String>>() {}))
          .isEqualTo(given);
    }
  }

  @Property(tries = 5_000)
  void what_is_not_quite_such_an_object_is_read_as_jackson_does_or_not_at_all(
      @ForAll("almost") String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    Headers plain = PlainHeaders.decode(bytes, 0, bytes.length);

    if (plain != null) {
      assertThat(plain.asMap()).isEqualTo(read(json));
    }
  }

  private static Map<String, String> read(String json) {
    try {
      return JSON.readValue(json, new TypeReference<>() {});
    } catch (JacksonException malformed) {
      return Map.of("is", "no JSON");
    }
  }

  @Provide
  Arbitrary<Map<String, String>> headers() {
    Arbitrary<String> ascii = Arbitraries.strings().ascii().ofMinLength(1).ofMaxLength(8);
    Arbitrary<String> any = Arbitraries.strings().excludeChars('\ud800', '\udfff').ofMaxLength(5);
    Arbitrary<String> value = Arbitraries.oneOf(ascii, any.filter(HeadersJsonTest::isUnicode));
    return Arbitraries.maps(ascii, value).ofMaxSize(4);
  }

  /** Pieces of such an object in any order. */
  @Provide
  Arbitrary<String> almost() {
    return Arbitraries.of(
            "{", "}", "\"", "\"", "\"a\"", "\"b\":\"c\"", ":", ",", " ", "\\", "x", "é")
        .list()
        .ofMinSize(1)
        .ofMaxSize(7)
        .map(pieces -> "{" + String.join("", pieces) + "}");
  }

  private static boolean isUnicode(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  private static Headers headers(Map<String, String> given) {
    Headers.Builder headers = Headers.builder();
    given.forEach(headers::set);
    return headers.build();
  }
}

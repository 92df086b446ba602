package dev.leat.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class RespParserTest {
  @Property
  void answers_are_the_same_in_whatever_parts_they_come(
      @ForAll("answers") List<Object> answers, @ForAll("sizes") List<Integer> sizes) {
    List<Resp> read = new ArrayList<>();
    RespParser parser = new RespParser(read::add);
    byte[] bytes = encoded(answers);
    int from = 0;
    for (int i = 0; from < bytes.length; i++) {
      int to = Math.min(bytes.length, from + sizes.get(i % sizes.size()));
      parser.feed(Unpooled.wrappedBuffer(Arrays.copyOfRange(bytes, from, to)));
      from = to;
    }

    // Looked at when all are there: what came later must not have changed what came before.
    assertThat(read.stream().map(RespParserTest::plain).toList()).isEqualTo(answers);
  }

  @Example
  void strings_larger_than_what_is_read_at_a_time_are_whole() {
    List<Resp> read = new ArrayList<>();
    RespParser parser = new RespParser(read::add);
    List<Object> answer = List.of("id", List.of("x".repeat(300_000), "", "y".repeat(70_000)));
    byte[] bytes = encoded(List.of(answer, answer));
    for (int from = 0; from < bytes.length; from += 4_096) {
      parser.feed(
          Unpooled.wrappedBuffer(
              Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + 4_096))));
    }

    assertThat(read.stream().map(RespParserTest::plain)).containsExactly(answer, answer);
  }

  @Example
  void what_is_read_of_a_stream_is_handed_out_while_the_rest_is_on_its_way() {
    List<Resp> read = new ArrayList<>();
    List<RawEntry> entries = new ArrayList<>();
    RespParser parser = new RespParser(read::add, read::isEmpty, entries::addAll);
    String large = "x".repeat(100_000);
    List<Object> stream =
        List.of(
            "stream",
            List.of(
                List.of("1-0", List.of("a", "b")),
                List.of("2-0", List.of("a", large)),
                List.of("3-0", List.of("a", "c"))));
    byte[] bytes = encoded(List.of(List.of(stream), "PONG"));
    List<Integer> known = new ArrayList<>();
    for (int from = 0; from < bytes.length; from += 1_000) {
      parser.feed(
          Unpooled.wrappedBuffer(
              Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + 1_000))));
      known.add(entries.size());
    }

    assertThat(known).startsWith(1, 1).endsWith(3);
    assertThat(entries).extracting(RawEntry::id).containsExactly("1-0", "2-0", "3-0");
    assertThat(entries.get(1).content().get(1)).isEqualTo(large.getBytes(UTF_8));
    assertThat(RawEntry.ofRead(read.getFirst())).isEmpty();
    assertThat(read.get(1).text()).isEqualTo("PONG");
  }

  @Example
  void strings_of_an_array_are_the_same_whether_it_holds_nothing_else() {
    List<Resp> read = new ArrayList<>();
    RespParser parser = new RespParser(read::add);
    parser.feed(bytes("*2\r\n$1\r\na\r\n$0\r\n\r\n*2\r\n$1\r\na\r\n+\r\n*-1\r\n"));

    assertThat(read.get(0)).isInstanceOf(Resp.Strings.class);
    assertThat(read.get(1)).isInstanceOf(Resp.Array.class);
    for (Resp answer : read.subList(0, 2)) {
      assertThat(answer.strings().size()).isEqualTo(2);
      assertThat(answer.strings().get(0)).isEqualTo(new byte[] {'a'});
      assertThat(answer.strings().get(1)).isEmpty();
    }
    assertThat(read.get(2).strings().size()).isZero();
  }

  @Example
  void an_entry_is_read_the_same_whether_it_is_taken_apart() {
    List<Resp> read = new ArrayList<>();
    RespParser parser = new RespParser(read::add);
    ByteBuf whole = bytes("*2\r\n$3\r\n1-2\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    parser.feed(whole.copy());
    parser.feed(whole.readSlice(9));
    parser.feed(whole);

    assertThat(read.get(0)).isInstanceOf(RawEntry.class);
    assertThat(read.get(1)).isInstanceOf(Resp.Array.class);
    for (Resp answer : read) {
      RawEntry entry = RawEntry.of(answer);
      assertThat(entry.id()).isEqualTo("1-2");
      assertThat(entry.content().size()).isEqualTo(2);
      assertThat(entry.content().get(1)).isEqualTo(new byte[] {'b'});
    }
  }

  @Example
  void what_is_no_answer_is_refused() {
    RespParser parser = new RespParser(answer -> {});

    assertThatThrownBy(() -> parser.feed(bytes("*1\r\n$x\r\n")))
        .isInstanceOf(IllegalStateException.class);
  }

  private static ByteBuf bytes(String answers) {
    return Unpooled.copiedBuffer(answers, UTF_8);
  }

  /** Texts, numbers, nothing, and lists of these. */
  @Provide
  Arbitrary<List<Object>> answers() {
    Arbitrary<Object> one =
        Arbitraries.oneOf(
            texts().map(text -> text),
            Arbitraries.longs().map(number -> number),
            Arbitraries.just(new Resp.Nil()));
    Arbitrary<Object> texts = texts().list().ofMaxSize(9).map(list -> list);
    Arbitrary<Object> mixed = Arbitraries.oneOf(one, texts).list().ofMaxSize(4).map(list -> list);
    Arbitrary<Object> entry =
        Combinators.combine(Arbitraries.strings().withChars("0123456789-").ofMaxLength(9), texts)
            .as(List::of);
    Arbitrary<Object> entries = entry.list().ofMaxSize(3).map(list -> list);
    return Arbitraries.oneOf(one, texts, mixed, entry, entries).list().ofMaxSize(8);
  }

  private static Arbitrary<String> texts() {
    return Arbitraries.strings().withCharRange('\0', '\u2fff').ofMaxLength(12);
  }

  @Provide
  Arbitrary<List<Integer>> sizes() {
    return Arbitraries.integers().between(1, 40).list().ofMinSize(1).ofMaxSize(5);
  }

  private static Object plain(Resp answer) {
    return switch (answer) {
      case Resp.Whole number -> number.value();
      case Resp.Text text -> text.text();
      case Resp.Nil nil -> nil;
      default -> answer.items().stream().map(RespParserTest::plain).toList();
    };
  }

  private static byte[] encoded(List<Object> answers) {
    StringBuilder text = new StringBuilder();
    answers.forEach(answer -> encode(answer, text));
    return text.toString().getBytes(UTF_8);
  }

  private static void encode(Object answer, StringBuilder to) {
    switch (answer) {
      case List<?> items -> {
        to.append('*').append(items.size()).append("\r\n");
        items.forEach(item -> encode(item, to));
      }
      case Long number -> to.append(':').append(number).append("\r\n");
      case Resp.Nil nil -> to.append("$-1\r\n");
      default -> {
        String text = answer.toString();
        to.append('$').append(text.getBytes(UTF_8).length).append("\r\n").append(text);
        to.append("\r\n");
      }
    }
  }
}

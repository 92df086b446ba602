package dev.leat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Topic;
import dev.leat.broker.GroupCensus;
import dev.leat.broker.StreamCensus;
import dev.leat.trail.Census;
import dev.leat.trail.TopicCensus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TopViewTest {
  private static final Instant NOON = Instant.parse("2026-11-25T12:00:00Z");

  private final TopView view = new TopView(Screen.of(false));

  @Test
  void before_the_first_look_it_says_so_and_where_the_broker_is_away_why() {
    assertThat(view.lines(80, 10)).containsExactly("looking ...");
    view.show("it is away");
    assertThat(view.lines(80, 10)).containsExactly("it is away");
    view.show(census(topic("a", 1, 0)));
    assertThat(view.lines(80, 10).getFirst())
        .isEqualTo("1 in flight in 1 topic, 0 dead letters, by name");
    view.show("it is away again");
    assertThat(view.lines(100, 10).getFirst()).endsWith("[it is away again]");
  }

  @Test
  void topics_come_in_the_order_that_is_asked_for() {
    view.show(census(topic("a", 1, 9), topic("b", 3, 5), topic("c", 2, 7)));
    assertThat(shown()).containsExactly("a", "b", "c");
    view.press(TopView.Key.SORT);
    assertThat(shown()).containsExactly("b", "c", "a");
    view.press(TopView.Key.SORT);
    assertThat(shown()).containsExactly("a", "c", "b");
  }

  @Test
  void what_is_open_of_the_chosen_topic_is_listed_until_one_goes_back() {
    view.show(census(topic("a", 1, 0), topic("b", 3, 0)));
    view.press(TopView.Key.DOWN);
    assertThat(view.lines(120, 10).get(3)).startsWith(">");
    view.press(TopView.Key.ENTER);
    assertThat(view.chosen()).contains(Topic.of("b"));
    assertThat(view.lines(120, 10)).contains("nothing is open now");
    view.showOpen(IntStream.range(0, 100).mapToObj(i -> "line " + i).toList());
    assertThat(view.lines(120, 10))
        .hasSize(10)
        .contains(">ine 0", "line 1")
        .doesNotContain("line 9");
    IntStream.range(0, 20).forEach(i -> view.press(TopView.Key.PAGE_DOWN));
    assertThat(view.lines(120, 10)).hasSize(10).contains(">ine 99", "line 98");
    view.press(TopView.Key.BACK);
    assertThat(view.chosen()).isEmpty();
    assertThat(view.lines(120, 10).get(1)).startsWith("TOPIC");
  }

  @Test
  void no_line_is_longer_than_the_screen_and_there_are_no_more_than_it_has() {
    TopicCensus[] topics =
        IntStream.range(0, 100)
            .mapToObj(i -> topic("topic-" + (100 + i), i, i))
            .toArray(TopicCensus[]::new);
    view.show(census(topics));
    IntStream.range(0, 60).forEach(i -> view.press(TopView.Key.DOWN));
    for (int height = 1; height < 40; height++) {
      List<String> lines = view.lines(30, height);
      assertThat(lines).hasSizeLessThanOrEqualTo(Math.max(height, 1));
      assertThat(lines).allMatch(line -> line.length() <= 30);
    }
    assertThat(view.lines(30, 24)).anyMatch(line -> line.startsWith(">opic-160"));
  }

  @Test
  void it_pauses_and_ends_by_keys() {
    view.press(TopView.Key.PAUSE);
    assertThat(view.isPaused()).isTrue();
    view.press(TopView.Key.PAUSE);
    assertThat(view.isPaused()).isFalse();
    view.press(TopView.Key.QUIT);
    assertThat(view.isEnded()).isTrue();
  }

  /** Names in their order; the chosen one has a sign instead of its letter, and is the one left. */
  private List<String> shown() {
    List<String> names =
        view.lines(120, 20).stream()
            .filter(line -> line.contains("workers"))
            .map(line -> line.substring(0, 1))
            .toList();
    String left =
        List.of("a", "b", "c").stream()
            .filter(name -> !names.contains(name))
            .findFirst()
            .orElse("");
    return names.stream().map(name -> name.equals(">") ? left : name).toList();
  }

  private static Census census(TopicCensus... topics) {
    return new Census(List.of(topics));
  }

  private static TopicCensus topic(String name, long open, long lagSeconds) {
    Topic topic = Topic.of(name);
    GroupCensus group =
        new GroupCensus(
            "workers",
            true,
            OptionalLong.of(open),
            OptionalLong.of(open),
            OptionalLong.of(0),
            OptionalLong.of(0),
            OptionalLong.of(0),
            OptionalLong.of(0),
            Optional.of(NOON.minusSeconds(lagSeconds)),
            Optional.of(NOON.minusSeconds(lagSeconds)),
            List.of());
    return new TopicCensus(
        topic,
        new StreamCensus(
            topic.incoming(),
            NOON,
            OptionalLong.of(open),
            OptionalLong.of(open),
            Optional.empty(),
            List.of(group)),
        OptionalLong.of(0),
        true);
  }
}

package dev.leat.cli;

import dev.leat.Topic;
import dev.leat.broker.GroupCensus;
import dev.leat.trail.Census;
import dev.leat.trail.TopicCensus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What {@code leat top} shows, and what its keys do. Knows no terminal. Confined to one thread. */
final class TopView {
  /** What a key asks for. */
  enum Key {
    QUIT,
    UP,
    DOWN,
    PAGE_UP,
    PAGE_DOWN,
    ENTER,
    BACK,
    SORT,
    PAUSE,
    OTHER
  }

  /** By what topics are in order. */
  private enum Order {
    NAME("by name"),
    OPEN("most in flight first"),
    LAG("longest lag first"),
    DEAD("most dead letters first");

    private final String shown;

    Order(String shown) {
      this.shown = shown;
    }
  }

  private static final String KEYS =
      "arrows: choose  enter: what is open  s: order  p: pause  q: end";
  private static final String KEYS_INSIDE = "arrows: move  esc: back  p: pause  q: end";

  /** Lines of a screen that are not of the list: its head, its foot, and the line above. */
  private static final int AROUND = 3;

  private final Screen screen;
  private @Nullable Census now;
  private @Nullable Census before;
  private List<String> open = List.of();
  private Order order = Order.NAME;
  private @Nullable Topic chosen;
  private int selected;
  private boolean paused;
  private boolean ended;
  private String trouble = "";

  TopView(Screen screen) {
    this.screen = screen;
  }

  boolean isEnded() {
    return ended;
  }

  boolean isPaused() {
    return paused;
  }

  /** The topic whose open messages are looked at; empty where all topics are. */
  Optional<Topic> chosen() {
    return Optional.ofNullable(chosen);
  }

  /** There is a new look. */
  void show(Census census) {
    before = now;
    now = census;
    trouble = "";
  }

  /** And what is open of the chosen topic, a line each. */
  void showOpen(List<String> lines) {
    open = List.copyOf(lines);
  }

  /** There is none, for a reason. */
  void show(String why) {
    trouble = why;
  }

  void press(Key key) {
    switch (key) {
      case QUIT -> ended = true;
      case UP -> selected--;
      case DOWN -> selected++;
      case PAGE_UP -> selected -= 10;
      case PAGE_DOWN -> selected += 10;
      case PAUSE -> paused = !paused;
      case SORT -> order = Order.values()[(orderNumber() + 1) % Order.values().length];
      case ENTER -> choose();
      case BACK -> {
        chosen = null;
        open = List.of();
      }
      case OTHER -> {}
    }
    selected = Math.max(0, Math.min(selected, rows() - 1));
  }

  @SuppressWarnings("EnumOrdinal") // The next of a list of which nothing is kept.
  private int orderNumber() {
    return order.ordinal();
  }

  private void choose() {
    List<TopicCensus> topics = topics();
    if (chosen == null && selected < topics.size()) {
      chosen = topics.get(selected).topic();
      open = List.of();
      selected = 0;
    }
  }

  private int rows() {
    return chosen == null ? topics().size() : open.size();
  }

  private List<TopicCensus> topics() {
    Census census = now;
    if (census == null) {
      return List.of();
    }
    Comparator<TopicCensus> comparator =
        switch (order) {
          case NAME -> Comparator.comparing(topic -> topic.topic().toString());
          case OPEN -> Comparator.comparingLong((TopicCensus topic) -> -topic.inFlight().orElse(0));
          case LAG -> Comparator.comparing(TopView::lag).reversed();
          case DEAD ->
              Comparator.comparingLong((TopicCensus topic) -> -topic.deadLetters().orElse(0));
        };
    return census.topics().stream().sorted(comparator).toList();
  }

  private static Duration lag(TopicCensus topic) {
    return topic.incoming().groups().isEmpty()
        ? topic.incoming().oldest().map(topic::age).orElse(Duration.ZERO)
        : topic.incoming().groups().stream()
            .filter(GroupCensus::answers)
            .map(topic::lag)
            .max(Comparator.naturalOrder())
            .orElse(Duration.ZERO);
  }

  /** The lines of a screen, none longer and no more than fit. */
  List<String> lines(int width, int height) {
    List<String> lines = new ArrayList<>();
    Census census = now;
    if (census == null) {
      lines.add(cut(trouble.isEmpty() ? "looking ..." : trouble, width));
      return lines;
    }
    lines.add(screen.bold(cut(head(census), width)));
    int room = Math.max(1, height - AROUND);
    if (chosen == null) {
      lines.addAll(topicLines(width, room));
    } else {
      lines.addAll(window(open, width, room + 1));
    }
    while (lines.size() < height - 1) {
      lines.add("");
    }
    lines.add(screen.faint(cut(chosen == null ? KEYS : KEYS_INSIDE, width)));
    return lines.subList(0, Math.min(lines.size(), Math.max(1, height)));
  }

  private String head(Census census) {
    String what =
        chosen == null
            ? CensusText.sum(census) + ", " + order.shown
            : Printable.line(chosen.toString()) + ": what is open";
    String state = trouble.isEmpty() ? (paused ? "  [paused]" : "") : "  [" + trouble + "]";
    return what + state;
  }

  private List<String> topicLines(int width, int room) {
    List<TopicCensus> topics = topics();
    List<String> all = CensusText.lines(new Census(topics), before);
    // Which line a topic begins with: it has one for each group.
    int line = 1;
    for (TopicCensus topic : topics.subList(0, Math.min(selected, topics.size()))) {
      line += Math.max(1, topic.incoming().groups().size());
    }
    List<String> lines = new ArrayList<>();
    lines.add(screen.faint(cut(all.getFirst(), width)));
    int from = Math.max(1, Math.min(line - room / 2, all.size() - 1 - room));
    for (int i = from; i < Math.min(all.size() - 1, from + room); i++) {
      String shown = cut(all.get(i), width);
      lines.add(i == line ? screen.reversed(shown) : shown);
    }
    return lines;
  }

  private List<String> window(List<String> all, int width, int room) {
    int from = Math.max(0, Math.min(selected - room / 2, all.size() - room));
    List<String> lines = new ArrayList<>();
    for (int i = from; i < Math.min(all.size(), from + room); i++) {
      String shown = cut(all.get(i), width);
      lines.add(i == selected ? screen.reversed(shown) : shown);
    }
    if (all.isEmpty()) {
      lines.add(cut("nothing is open now", width));
    }
    return lines;
  }

  private static String cut(String text, int width) {
    return text.length() > width ? text.substring(0, Math.max(0, width)) : text;
  }
}

package dev.leat.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** Bars of what was measured, as SVG. */
final class Plot {
  private static final int BAR = 22;
  private static final int GAP = 26;
  private static final int HEIGHT = 240;
  private static final int TOP = 54;
  private static final int LEFT = 16;
  private static final List<String> COLOURS =
      List.of("#8a8f98", "#2f6fde", "#d9534f", "#3c9d6e", "#b07d2b");

  private Plot() {}

  /** {@code rate.svg} and {@code p99.svg}. */
  static void write(Path folder, List<Comparison> all) throws IOException {
    Files.writeString(
        folder.resolve("rate.svg"), bars("Requests a second", all, Sample::perSecond));
    Files.writeString(
        folder.resolve("p99.svg"),
        bars("99th percentile, ms", all, sample -> sample.p99() / 1_000));
  }

  /** Groups of bars, one for each number of connections; the highest of a group fills it. */
  static String bars(String title, List<Comparison> all, ToDoubleFunction<Sample> figure) {
    Map<Integer, Map<String, Double>> groups = new LinkedHashMap<>();
    Set<String> names = new LinkedHashSet<>();
    for (Comparison one : all) {
      Map<String, Double> group =
          groups.computeIfAbsent(one.connections(), n -> new LinkedHashMap<>());
      group.putIfAbsent(one.peer(), Spread.of(one.ofPeer(), figure).median());
      group.put(one.leat(), Spread.of(one.ofLeat(), figure).median());
      names.add(one.peer());
      names.add(one.leat());
    }
    List<String> order = List.copyOf(names);
    int groupWidth = order.size() * BAR + GAP;
    int width = Math.max(420, 2 * LEFT + groups.size() * groupWidth);
    StringBuilder svg =
        new StringBuilder(
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">
            <rect width="100%%" height="100%%" fill="white"/>
            <text x="%d" y="18" font-size="14">%s</text>
            """
                .formatted(width, TOP + HEIGHT + 40, LEFT, title));
    int legend = LEFT;
    for (int i = 0; i < order.size(); i++) {
      svg.append(
          "<rect x=\"%d\" y=\"28\" width=\"10\" height=\"10\" fill=\"%s\"/><text x=\"%d\" y=\"37\">%s</text>%n"
              .formatted(legend, colour(i), legend + 14, order.get(i)));
      legend += 30 + 7 * order.get(i).length();
    }
    int x = LEFT;
    for (Map.Entry<Integer, Map<String, Double>> group : groups.entrySet()) {
      double highest = group.getValue().values().stream().mapToDouble(v -> v).max().orElse(1);
      for (Map.Entry<String, Double> bar : group.getValue().entrySet()) {
        int index = order.indexOf(bar.getKey());
        double height = HEIGHT * bar.getValue() / highest;
        svg.append(
            String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"%s\"/>"
                    + "<text x=\"%d\" y=\"%.1f\" font-size=\"8\">%s</text>%n",
                x + index * BAR,
                TOP + HEIGHT - height,
                BAR - 2,
                height,
                colour(index),
                x + index * BAR,
                TOP + HEIGHT - height - 3,
                brief(bar.getValue())));
      }
      svg.append(
          "<text x=\"%d\" y=\"%d\">%d conn.</text>%n"
              .formatted(x, TOP + HEIGHT + 16, group.getKey()));
      x += groupWidth;
    }
    return svg.append("</svg>\n").toString();
  }

  private static String colour(int index) {
    return COLOURS.get(index % COLOURS.size());
  }

  private static String brief(double value) {
    if (value >= 1_000) {
      return String.format(Locale.ROOT, "%.1fk", value / 1_000);
    }
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.0f", value);
  }
}

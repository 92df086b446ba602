package dev.leat.cli;

import java.util.ArrayList;
import java.util.List;

/** Columns that stand under each other: words to the left, numbers to the right. */
final class Table {
  private static final String BETWEEN = "  ";

  private final List<String> heads;
  private final int words;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * Without rows yet.
   *
   * @param words how many of the columns, from the left, are no numbers
   */
  Table(int words, String... heads) {
    this.words = words;
    this.heads = List.of(heads);
  }

  /** Adds a row: a cell for each column. */
  void row(List<String> cells) {
    rows.add(List.copyOf(cells));
  }

  /** Each a line without its end, the heads first. */
  List<String> lines() {
    List<Integer> widths = new ArrayList<>();
    for (int i = 0; i < heads.size(); i++) {
      int column = i;
      widths.add(
          rows.stream()
              .mapToInt(row -> row.get(column).length())
              .reduce(heads.get(column).length(), Math::max));
    }
    List<String> lines = new ArrayList<>();
    lines.add(line(heads, widths));
    rows.forEach(row -> lines.add(line(row, widths)));
    return lines;
  }

  private String line(List<String> cells, List<Integer> widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cells.size(); i++) {
      String room = " ".repeat(widths.get(i) - cells.get(i).length());
      line.append(i == 0 ? "" : BETWEEN);
      line.append(i < words ? cells.get(i) + room : room + cells.get(i));
    }
    return line.toString().stripTrailing();
  }
}

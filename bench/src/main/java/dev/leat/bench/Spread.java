package dev.leat.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** What several runs came to: the middle one, the least and the most. */
record Spread(double median, double least, double most) {
  /** Of a figure of at least one run; of an even number the lower of the two in the middle. */
  static <T> Spread of(List<T> runs, ToDoubleFunction<T> figure) {
    double[] sorted = runs.stream().mapToDouble(figure).sorted().toArray();
    if (sorted.length == 0) {
      throw new IllegalArgumentException("nothing was measured");
    }
    return new Spread(sorted[(sorted.length - 1) / 2], sorted[0], sorted[sorted.length - 1]);
  }
}

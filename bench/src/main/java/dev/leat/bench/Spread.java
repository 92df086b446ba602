package dev.leat.bench;

import java.util.Arrays;
import java.util.Collection;

/** What several runs came to: the middle one, the least and the most. */
record Spread(double median, double least, double most) {
  /** Of at least one; of an even number the lower of the two in the middle. */
  static Spread of(Collection<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    if (sorted.length == 0) {
      throw new IllegalArgumentException("nothing was measured");
    }
    return new Spread(sorted[(sorted.length - 1) / 2], sorted[0], sorted[sorted.length - 1]);
  }

  static Spread of(double... values) {
    return of(Arrays.stream(values).boxed().toList());
  }
}

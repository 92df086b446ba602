package dev.leat.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What was measured, for reading and for machines. */
final class Report {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private Report() {}

  /** One comparison, in three lines. */
  static void print(PrintWriter screen, Comparison one) {
    screen.printf(Locale.ROOT, "%d connections%n", one.connections());
    line(screen, one.peer(), one.ofPeer());
    line(screen, one.leat(), one.ofLeat());
    screen.printf(
        Locale.ROOT,
        "  %-24s %s    %s    %s%n",
        "ratio",
        ratio(one.ratio(Sample::perSecond)),
        ratio(one.ratio(Sample::p50)),
        ratio(one.ratio(Sample::p99)));
  }

  /** All of it as {@code results.json}. */
  static void write(
      Path folder, int body, Comparison.Plan plan, List<Comparison> all, List<FixedRate> rates)
      throws IOException {
    Map<String, Object> said = new LinkedHashMap<>();
    said.put("cores", Runtime.getRuntime().availableProcessors());
    said.put("java", Runtime.version().toString());
    said.put("body_bytes", body);
    said.put("starts", plan.starts());
    said.put("pairs_per_start", plan.pairs());
    said.put("seconds_per_sample", plan.time().toSeconds());
    said.put("comparisons", all);
    said.put("fixed_rates", rates);
    JSON.writeValue(folder.resolve("results.json").toFile(), said);
  }

  /** Samples of one setup, in a line. */
  static void line(PrintWriter screen, String name, List<Sample> samples) {
    StringBuilder costs = new StringBuilder();
    for (String process : samples.getFirst().cpu().keySet()) {
      Spread cost = Spread.of(samples, sample -> sample.cpu().getOrDefault(process, 0.0));
      costs.append(String.format(Locale.ROOT, " %s %.1f", process, cost.median()));
    }
    Spread rate = Spread.of(samples, Sample::perSecond);
    screen.printf(
        Locale.ROOT,
        "  %-24s %7.0f/s (%.0f-%.0f)  p50 %s  p99 %s  cpu us%s%n",
        name,
        rate.median(),
        rate.least(),
        rate.most(),
        time(Spread.of(samples, Sample::p50).median()),
        time(Spread.of(samples, Sample::p99).median()),
        costs);
  }

  static String ratio(Spread spread) {
    return String.format(
        Locale.ROOT, "%.2f x (%.2f-%.2f)", spread.median(), spread.least(), spread.most());
  }

  static String time(double micros) {
    return micros < 1_000
        ? String.format(Locale.ROOT, "%.0f us", micros)
        : String.format(Locale.ROOT, "%.1f ms", micros / 1_000);
  }
}

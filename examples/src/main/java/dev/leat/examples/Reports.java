package dev.leat.examples;

import dev.leat.Leat;
import dev.leat.Parts;
import dev.leat.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** A report whose rows are read as they are written. */
public final class Reports {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** How many rows. */
  public record Query(int rows) {}

  /** One of them. */
  public record Row(int number, String text) {}

  private Reports() {}

  /** Reads a report of a thousand rows, and returns them. */
  public static List<Row> run() {
    List<Row> read = new ArrayList<>();
    try (Leat leat = Leat.connect("memory:")) {
      // snippet written-in-parts
      leat.worker("reports")
          .on(
              "report.rows",
              Query.class,
              (query, request) ->
                  Reply.inParts(
                      sink -> {
                        for (int i = 0; i < query.rows(); i++) {
                          sink.write(new Row(i, "row " + i));
                        }
                      }))
          .on(
              "report.numbers",
              Query.class,
              (query, request) -> IntStream.range(0, query.rows()).boxed())
          .start();
      // end
      Query query = new Query(1_000);
      // snippet read-in-parts
      try (Parts<Row> rows =
          leat.caller().stream("reports", "report.rows", query, Row.class, MINUTE)) {
        while (rows.hasNext()) {
          read.add(rows.next());
        }
      }
      // end
    }
    return read;
  }
}

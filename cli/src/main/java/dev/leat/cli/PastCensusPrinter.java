package dev.leat.cli;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.trail.OperationsJson;
import dev.leat.trail.PastCensus;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prints what was in flight at a moment that has passed. */
final class PastCensusPrinter {
  private final PrintWriter out;
  private final Screen screen;
  private final boolean json;
  private final boolean each;

  /**
   * One for an output.
   *
   * @param each whether each request is listed
   */
  PastCensusPrinter(PrintWriter out, Screen screen, boolean json, boolean each) {
    this.out = out;
    this.screen = screen;
    this.json = json;
    this.each = each;
  }

  void print(Broker broker, List<Topic> topics, Instant at) {
    Table table = new Table(1, "TOPIC", "IN FLIGHT", "NOT KNOWN");
    long all = 0;
    long unknown = 0;
    for (Topic topic : topics) {
      PastCensus past = PastCensus.of(broker, topic, at);
      all += past.inFlight().size();
      unknown += past.unknown();
      table.row(
          List.of(
              Printable.line(topic.toString()),
              Integer.toString(past.inFlight().size()),
              Long.toString(past.unknown())));
      if (each) {
        past.inFlight().forEach(one -> out.println(json ? json(past, one) : line(past, one)));
      } else if (json) {
        out.println(Json.line(OperationsJson.past(past)));
      }
    }
    if (!json && !each) {
      List<String> lines = table.lines();
      out.println(screen.faint(lines.getFirst()));
      lines.subList(1, lines.size()).forEach(out::println);
      out.println(
          "%d in flight at %s; of %d it is not known when they ended".formatted(all, at, unknown));
    }
    out.flush();
  }

  private String line(PastCensus past, PastCensus.Asked one) {
    Message request = one.request();
    Headers headers = request.headers();
    String asked =
        headers
            .get(Headers.HTTP_METHOD)
            .map(method -> ", " + method + " " + headers.get(Headers.HTTP_PATH).orElse(""))
            .orElse("");
    return screen.faint(Printable.line(request.id()))
        + " "
        + screen.bold(Printable.line(past.topic() + " " + request.type()))
        + " "
        + Shown.duration(Duration.between(one.accepted(), past.at()))
        + " old, "
        + one.ended()
            .map(ended -> "ended " + Shown.duration(Duration.between(past.at(), ended)) + " later")
            .orElse("open still")
        + Printable.line(asked);
  }

  private static String json(PastCensus past, PastCensus.Asked one) {
    Headers headers = one.request().headers();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("topic", past.topic().toString());
    all.put("id", one.request().id());
    all.put("type", one.request().type());
    all.put("accepted", one.accepted().toString());
    one.ended().ifPresent(ended -> all.put("ended", ended.toString()));
    headers.get(Headers.HTTP_METHOD).ifPresent(method -> all.put("method", method));
    headers.get(Headers.HTTP_PATH).ifPresent(path -> all.put("path", path));
    return Json.line(all);
  }
}

package dev.leat.cli;

import dev.leat.Message;
import dev.leat.trail.OperationsJson;
import dev.leat.trail.Replay;
import dev.leat.trail.ReplayListener;
import dev.leat.trail.ReplayPlan;
import dev.leat.trail.Replays;
import dev.leat.wire.PayloadCodec;
import dev.leat.wire.ReplyComparison;
import dev.leat.wire.ReplyComparison.Difference;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** What a replay says, to people or as JSON. */
final class ReplayText implements ReplayListener {
  /** Signs of a value that are shown to people. */
  private static final int SHOWN = 200;

  private final Screen screen = Screen.ofThisProcess();
  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean json;
  private long shownAt = System.nanoTime();

  ReplayText(CommandLine line, boolean json) {
    this.out = line.getOut();
    this.err = line.getErr();
    this.json = json;
  }

  /** Whether there is anything to send. */
  boolean wouldSend(ReplayPlan plan, Replays.Selection selection) {
    if (json) {
      out.println(PayloadCodec.write(selection).asText());
      out.flush();
      return selection.requests() > 0;
    }
    if (isNothing(plan, selection)) {
      return false;
    }
    out.println(
        Printable.line(
            "would send %s of %s, %,d bytes%s"
                .formatted(
                    requests(selection.requests()),
                    plan.topic(),
                    selection.bytes(),
                    left(selection))));
    out.flush();
    return true;
  }

  /** Whether there is anything to send. */
  boolean begins(Replay replay) {
    if (isNothing(replay.plan(), replay.selection())) {
      return false;
    }
    // By which it goes on, should this process end before it can say so.
    err.println(
        Printable.line(
            "leat: replay %s sends %s of %s to %s, at most %s a second%s"
                .formatted(
                    replay.id(),
                    requests(replay.selection().requests()),
                    replay.plan().topic(),
                    replay.plan().into(),
                    number(replay.plan().rate()),
                    left(replay.selection()))));
    err.flush();
    return true;
  }

  /** Where it goes on, since it could not. */
  void brokeOff(Replay replay) {
    clear();
    err.println(
        "leat: leat replay --resume %s goes on with what is left, --undo takes back"
            .formatted(replay.id()));
    err.flush();
  }

  @Override
  public void onHeldBack(long open) {
    clear();
    err.println(
        "leat: sends nothing while %,d are open at a group of the topic; are its workers there?"
            .formatted(open));
    err.flush();
  }

  private static String number(double rate) {
    return rate == Math.rint(rate) ? Long.toString((long) rate) : Double.toString(rate);
  }

  private boolean isNothing(ReplayPlan plan, Replays.Selection selection) {
    if (selection.requests() > 0) {
      return false;
    }
    err.println(
        Printable.line(
            "leat: of %s nothing is remembered that could be sent again%s"
                .formatted(plan.topic(), left(selection))));
    err.flush();
    return true;
  }

  private static String left(Replays.Selection selection) {
    List<String> left = new ArrayList<>();
    add(left, selection.open(), "at work");
    add(left, selection.replays(), "sent by an earlier replay");
    add(left, selection.unanswered(), "without a reply that is remembered");
    add(left, selection.missing(), "that nothing is remembered of");
    add(left, selection.unsendable(), "with as many headers as a message may have");
    return left.isEmpty() ? "" : "; left out: " + String.join(", ", left);
  }

  private static void add(List<String> left, long many, String what) {
    if (many > 0) {
      left.add(many + " " + what);
    }
  }

  private static String requests(long many) {
    return many == 1 ? "1 request" : "%,d requests".formatted(many);
  }

  @Override
  public void onProgress(long sent, long requests, long compared) {
    long now = System.nanoTime();
    if (Screen.isTerminal() && now - shownAt > 200_000_000) {
      shownAt = now;
      err.print(
          Progress.CLEAR
              + "%,d of %,d sent%s"
                  .formatted(
                      sent, requests, compared > 0 ? ", %,d compared".formatted(compared) : ""));
      err.flush();
    }
  }

  @Override
  public void onDifference(
      String recordedId, String type, Message reply, List<Difference> differences) {
    clear();
    if (json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("recorded", recordedId);
      all.put("id", reply.id());
      all.put("type", type);
      all.put("differences", differences.stream().map(OperationsJson::difference).toList());
      out.println(Json.line(all));
    } else {
      out.println(screen.bold(Printable.line(recordedId + " " + type)));
      differences.forEach(one -> out.println("  " + line(one)));
      if (differences.size() >= ReplyComparison.MOST) {
        out.println("  and perhaps more");
      }
    }
    out.flush();
  }

  private static String line(Difference one) {
    String was = one.was().orElse("(nothing)");
    String is = one.is().orElse("(nothing)");
    // Of long texts what differs is shown, wherever that is.
    int from = Math.max(0, Arrays.mismatch(was.toCharArray(), is.toCharArray()) - SHOWN / 2);
    return Printable.line(
        "%s: %s -> %s"
            .formatted(
                one.where().isEmpty() ? "payload" : one.where(), part(was, from), part(is, from)));
  }

  private static String part(String text, int from) {
    if (text.length() <= SHOWN) {
      return text;
    }
    int begin = Math.min(from, text.length() - SHOWN);
    int end = begin + SHOWN;
    return (begin > 0 ? "..." : "")
        + text.substring(begin, end)
        + (end < text.length() ? "..." : "");
  }

  @Override
  public void onUnanswered(String recordedId, String id, String type) {
    clear();
    if (json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("recorded", recordedId);
      all.put("id", id);
      all.put("type", type);
      all.put("unanswered", true);
      out.println(Json.line(all));
    } else {
      out.println(
          Printable.line("%s %s: not answered, sent again as %s".formatted(recordedId, type, id)));
    }
    out.flush();
  }

  private void clear() {
    Progress.show(err, "");
  }

  /** How it has gone. */
  void print(Replay replay, Replay.Result result) {
    clear();
    if (json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("replay", replay.id());
      all.put("sent", result.sent());
      all.put("left", result.left());
      all.put("same", result.same());
      all.put("different", result.different());
      all.put("unanswered", result.unanswered());
      all.put("stopped", result.isStopped());
      out.println(PayloadCodec.write(all).asText());
    } else {
      out.println(
          "replayed %s of %s%s"
              .formatted(
                  requests(result.sent()),
                  Printable.line(replay.plan().topic().toString()),
                  replay.plan().compares()
                      ? ": %,d the same, %,d different, %,d not answered"
                          .formatted(result.same(), result.different(), result.unanswered())
                      : ""));
    }
    out.flush();
    if (!result.isStopped() && result.left() > 0) {
      err.println(
          "leat: %s could not be read, and were not sent".formatted(requests(result.left())));
      err.flush();
    }
    if (result.isStopped()) {
      err.println(
          "leat: stopped with %s left; leat replay --resume %s goes on, --undo takes back"
              .formatted(requests(result.left()), replay.id()));
      err.flush();
    }
  }

  void print(String id, Replays.Undone undone) {
    if (json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("replay", id);
      all.put("unsent", undone.unsent());
      all.put("takenBack", undone.takenBack());
      all.put("begun", undone.begun());
      out.println(PayloadCodec.write(all).asText());
    } else {
      out.println(
          "%s not sent, %,d taken back, %,d were begun by then and are not undone"
              .formatted(requests(undone.unsent()), undone.takenBack(), undone.begun()));
    }
    out.flush();
  }

  /** All that is known of one. */
  void tell(Replays.State state) {
    print(state);
    if (!json) {
      ReplayPlan plan = state.plan();
      out.println(
          Printable.line(
              "  sends what was accepted from %s to %s%s%s%s to %s%s, at most %s a second"
                  .formatted(
                      plan.from(),
                      plan.to(),
                      listed(" of type ", plan.types()),
                      listed(" with id ", plan.ids()),
                      listed(" where ", plan.where()),
                      plan.into(),
                      plan.group().isEmpty() ? "" : " for group " + plan.group(),
                      number(plan.rate()))));
      out.println("  %s at %s: %s".formatted(state.phase(), state.at(), state.counts()));
    }
    out.flush();
  }

  private static String listed(String what, List<String> values) {
    return values.isEmpty() ? "" : what + String.join(", ", values);
  }

  /** One of a list. */
  void print(Replays.State state) {
    if (json) {
      out.println(Json.line(OperationsJson.replay(state)));
    } else {
      out.println(
          Printable.line(
              "%s %s by %s: %s %s, %s%s%s"
                  .formatted(
                      state.id(),
                      state.began(),
                      state.by(),
                      state.plan().topic(),
                      state.phase(),
                      requests(state.requests()),
                      state.left() > 0 ? ", %,d left".formatted(state.left()) : "",
                      state.plan().compares() ? ", compared" : "")));
    }
    out.flush();
  }
}

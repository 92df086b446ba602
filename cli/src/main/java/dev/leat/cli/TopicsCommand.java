package dev.leat.cli;

import dev.leat.Leat;
import dev.leat.Participant;
import dev.leat.broker.GroupHealth;
import dev.leat.trail.OperationsJson;
import dev.leat.trail.TopicView;
import java.io.PrintWriter;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists what there is. */
@Command(
    name = "topics",
    description =
        "Lists all topics: the groups that read each, what waits, what its members handle and which routes lead to it.",
    mixinStandardHelpOptions = true)
final class TopicsCommand implements Callable<Integer> {
  private static final String UNKNOWN = "?";

  private final Screen screen = Screen.ofThisProcess();
  @Spec private CommandSpec spec;
  @Mixin private final BrokerOption broker = new BrokerOption();

  @Option(names = "--json", description = "One JSON object for each, with all that is known.")
  private boolean json;

  @Override
  public Integer call() {
    try (Leat leat = broker.connect()) {
      PrintWriter out = spec.commandLine().getOut();
      List<TopicView> views = TopicView.all(leat.broker()).toCompletableFuture().join();
      views.forEach(
          view ->
              out.print(
                  json
                      ? Json.line(OperationsJson.topic(view)) + System.lineSeparator()
                      : text(view)));
      if (views.isEmpty()) {
        spec.commandLine().getErr().println("There is no topic yet: none was sent to or read.");
      }
      out.flush();
      return ExitCode.OK;
    }
  }

  private String text(TopicView view) {
    StringBuilder out = new StringBuilder();
    line(out, "", screen.bold(Printable.line(view.topic().toString())));
    if (view.incoming().groups().isEmpty()) {
      line(
          out,
          "  ",
          "no group has ever read it; %s messages stand in it"
              .formatted(shown(view.incoming().length())));
    }
    for (GroupHealth group : view.incoming().groups()) {
      line(out, "  ", group(view, group));
    }
    for (Participant.Served route : view.routes()) {
      line(
          out,
          "  ",
          screen.faint(
              Printable.line("%s %s -> %s".formatted(route.method(), route.path(), route.type()))));
    }
    if (view.deadLetters().orElse(0) > 0) {
      line(out, "  ", "dead letters: " + view.deadLetters().getAsLong());
    }
    return out.toString();
  }

  private static String group(TopicView view, GroupHealth group) {
    List<Participant.Member> members = membersOf(view, group);
    String types =
        members.stream()
            .flatMap(member -> member.types().entrySet().stream())
            .map(type -> type.getKey() + "(" + type.getValue() + ")")
            .collect(Collectors.toCollection(TreeSet::new))
            .stream()
            .collect(Collectors.joining(", "));
    String versions =
        members.stream()
            .map(Participant.Member::version)
            .filter(version -> !version.isEmpty())
            .distinct()
            .sorted()
            .collect(Collectors.joining(", "));
    return Printable.line(
        "%s: members %s, waiting %s, at work %s%s%s%s"
            .formatted(
                group.group(),
                shown(group.members()),
                shown(group.backlog()),
                shown(group.pending()),
                group.answers() ? "" : ", only listens",
                versions.isEmpty() ? "" : ", version " + versions,
                types.isEmpty() ? "" : "; " + types));
  }

  private static List<Participant.Member> membersOf(TopicView view, GroupHealth group) {
    return view.members().stream().filter(member -> member.group().equals(group.group())).toList();
  }

  private static void line(StringBuilder out, String indent, String text) {
    out.append(indent).append(text).append(System.lineSeparator());
  }

  private static String shown(OptionalLong number) {
    return number.isPresent() ? Long.toString(number.getAsLong()) : UNKNOWN;
  }

  private static String shown(OptionalInt number) {
    return number.isPresent() ? Integer.toString(number.getAsInt()) : UNKNOWN;
  }
}

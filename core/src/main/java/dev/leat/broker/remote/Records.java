package dev.leat.broker.remote;

import dev.leat.BadConfiguration;
import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Dialect;
import dev.leat.Durations;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.StreamFull;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.Unsupported;
import dev.leat.broker.Append;
import dev.leat.broker.Cancellation;
import dev.leat.broker.Completion;
import dev.leat.broker.Entry;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.Membership;
import dev.leat.broker.Note;
import dev.leat.broker.StreamHealth;
import dev.leat.wire.RecordReader;
import dev.leat.wire.RecordWriter;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** What stands in frames: each is written and read here, side by side. */
final class Records {
  private Records() {}

  static <T> void writeAll(
      RecordWriter out, Collection<T> all, BiConsumer<RecordWriter, T> writer) {
    out.number(all.size());
    all.forEach(one -> writer.accept(out, one));
  }

  static <T> List<T> readAll(RecordReader in, Function<RecordReader, T> reader) {
    List<T> all = new ArrayList<>();
    for (long left = in.number(); left > 0; left--) {
      all.add(reader.apply(in));
    }
    return all;
  }

  static RecordWriter write(RecordWriter out, boolean yes) {
    return out.put((byte) (yes ? 1 : 0));
  }

  static boolean readBoolean(RecordReader in) {
    return in.one() != 0;
  }

  static void write(RecordWriter out, Topic topic) {
    out.text(topic.namespace()).text(topic.name());
  }

  static Topic readTopic(RecordReader in) {
    return new Topic(in.text(), in.text());
  }

  static RecordWriter write(RecordWriter out, StreamRef stream) {
    return out.text(StreamKeys.of(stream));
  }

  static StreamRef readStream(RecordReader in) {
    return new StreamRef.At(in.text());
  }

  static RecordWriter write(RecordWriter out, Position position) {
    return switch (position) {
      case Position.Start start -> out.put((byte) 0);
      case Position.Now now -> out.put((byte) 1);
      case Position.After after -> out.put((byte) 2).text(after.entryId());
      case Position.At at -> out.put((byte) 3).number(Durations.epochMillis(at.time()));
    };
  }

  static Position readPosition(RecordReader in) {
    return switch (in.one()) {
      case 0 -> Position.START;
      case 1 -> Position.NOW;
      case 2 -> Position.after(in.text());
      case 3 -> Position.at(Instant.ofEpochMilli(in.number()));
      default -> throw new IllegalStateException("a position of no kind that is known");
    };
  }

  static void write(RecordWriter out, Append append) {
    write(out, append.stream()).message(append.message());
    write(out, append.dialect() == Dialect.NAMED);
  }

  static Append readAppend(RecordReader in) {
    StreamRef stream = readStream(in);
    Message message = in.message();
    return new Append(stream, message, readBoolean(in) ? Dialect.NAMED : Dialect.PACKED);
  }

  static RecordWriter write(RecordWriter out, Duration duration) {
    return out.number(duration.getSeconds()).number(duration.getNano());
  }

  static Duration readDuration(RecordReader in) {
    return Duration.ofSeconds(in.number(), in.number());
  }

  static void write(RecordWriter out, Note note) {
    write(out.text(note.store()).text(note.name()).message(note.message()), note.keep());
  }

  static Note readNote(RecordReader in) {
    return new Note(in.text(), in.text(), in.message(), readDuration(in));
  }

  static void write(RecordWriter out, Completion completion) {
    writeAll(out, completion.appends(), Records::write);
    writeAll(out, completion.notes(), Records::write);
  }

  static Completion readCompletion(RecordReader in) {
    return new Completion(readAll(in, Records::readAppend), readAll(in, Records::readNote));
  }

  static void write(RecordWriter out, Membership membership) {
    write(out, membership.topic());
    out.text(membership.group()).text(membership.member());
    write(out, membership.lease());
    write(out, membership.start());
    write(write(out, membership.ordered()), membership.answers());
  }

  static Membership readMembership(RecordReader in) {
    return new Membership(
        readTopic(in),
        in.text(),
        in.text(),
        readDuration(in),
        readPosition(in),
        readBoolean(in),
        readBoolean(in));
  }

  static void write(RecordWriter out, Entry entry) {
    out.text(entry.id()).message(entry.message()).number(entry.at());
  }

  static Entry readEntry(RecordReader in) {
    return new Entry(in.text(), in.message(), in.number());
  }

  static void write(RecordWriter out, Cancellation cancelled) {
    out.text(cancelled.messageId())
        .text(cancelled.entryId())
        .number(Durations.epochMillis(cancelled.at()));
  }

  static Cancellation readCancellation(RecordReader in) {
    return new Cancellation(in.text(), in.text(), Instant.ofEpochMilli(in.number()));
  }

  static void write(RecordWriter out, StreamHealth health) {
    write(out, health.length());
    writeAll(out, health.groups(), Records::write);
    write(out, health.waitingBytes());
  }

  static StreamHealth readHealth(RecordReader in, StreamRef stream) {
    return new StreamHealth(
        stream, readNumber(in), readAll(in, Records::readGroup), readNumber(in));
  }

  private static void write(RecordWriter out, GroupHealth group) {
    out.text(group.group());
    OptionalInt members = group.members();
    write(out, members.isPresent() ? OptionalLong.of(members.getAsInt()) : OptionalLong.empty());
    write(out, group.pending());
    write(out, group.backlog());
    write(out, group.unfinished());
    write(out, group.answers());
  }

  private static GroupHealth readGroup(RecordReader in) {
    String name = in.text();
    OptionalLong members = readNumber(in);
    return new GroupHealth(
        name,
        members.isPresent() ? OptionalInt.of((int) members.getAsLong()) : OptionalInt.empty(),
        readNumber(in),
        readNumber(in),
        readNumber(in),
        readBoolean(in));
  }

  static void write(RecordWriter out, OptionalLong number) {
    write(out, number.isPresent());
    number.ifPresent(out::number);
  }

  static OptionalLong readNumber(RecordReader in) {
    return readBoolean(in) ? OptionalLong.of(in.number()) : OptionalLong.empty();
  }

  static RecordWriter write(RecordWriter out, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException wrapped && wrapped.getCause() != null
            ? wrapped.getCause()
            : failure;
    byte kind =
        switch (cause) {
          case BadMessage bad -> 0;
          case StreamFull full -> 1;
          case BadConfiguration bad -> 2;
          case Unsupported unsupported -> 3;
          case BrokerUnavailable away -> away.isUncertain() ? 5 : (byte) 4;
          case LeatException known -> 4;
          default -> 5;
        };
    String why = cause.getMessage();
    return out.put(kind).text(why == null ? cause.getClass().getSimpleName() : why);
  }

  static LeatException readFailure(RecordReader in) {
    byte kind = in.one();
    String why = in.text();
    return switch (kind) {
      case 0 -> new BadMessage(why);
      case 1 -> new StreamFull(why);
      case 2 -> new BadConfiguration(why);
      case 3 -> new Unsupported(why);
      case 5 -> BrokerUnavailable.inTheMidst(why, null);
      default -> new BrokerUnavailable(why);
    };
  }
}

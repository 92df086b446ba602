package dev.leat.broker.remote;

import dev.leat.Durations;
import dev.leat.StreamRef;
import dev.leat.broker.GroupCensus;
import dev.leat.broker.OpenMessage;
import dev.leat.broker.StreamCensus;
import dev.leat.wire.RecordReader;
import dev.leat.wire.RecordWriter;
import java.time.Instant;
import java.util.Optional;

/** How a census stands in frames. */
final class CensusRecords {
  private static final OpenMessage.State[] STATES = OpenMessage.State.values();

  private CensusRecords() {}

  static void write(RecordWriter out, StreamCensus census) {
    Records.write(write(out, census.at()), census.length());
    Records.write(out, census.appended());
    write(out, census.oldest());
    Records.writeAll(out, census.groups(), CensusRecords::write);
  }

  static StreamCensus readCensus(RecordReader in, StreamRef stream) {
    return new StreamCensus(
        stream,
        readTime(in),
        Records.readNumber(in),
        Records.readNumber(in),
        readIfThere(in),
        Records.readAll(in, CensusRecords::readGroup));
  }

  private static void write(RecordWriter out, GroupCensus group) {
    Records.write(out.text(group.group()), group.answers());
    Records.write(out, group.unfinished());
    Records.write(out, group.waiting());
    Records.write(out, group.heldBack());
    Records.write(out, group.running());
    Records.write(out, group.delayed());
    Records.write(out, group.abandoned());
    write(out, group.oldest());
    write(out, group.oldestWaiting());
    Records.writeAll(
        out,
        group.members(),
        (to, one) -> Records.write(to.text(one.member()), one.isThere()).number(one.holds()));
  }

  private static GroupCensus readGroup(RecordReader in) {
    return new GroupCensus(
        in.text(),
        Records.readBoolean(in),
        Records.readNumber(in),
        Records.readNumber(in),
        Records.readNumber(in),
        Records.readNumber(in),
        Records.readNumber(in),
        Records.readNumber(in),
        readIfThere(in),
        readIfThere(in),
        Records.readAll(
            in,
            from -> new GroupCensus.Holder(from.text(), Records.readBoolean(from), from.number())));
  }

  @SuppressWarnings("EnumOrdinal") // What changes the order changes the version.
  static void write(RecordWriter out, OpenMessage open) {
    write(out.text(open.entryId()), open.acceptedAt()).message(open.message());
    out.put((byte) open.state().ordinal()).number(open.attempt());
    Records.write(out, open.member().isPresent());
    open.member().ifPresent(out::text);
    write(out, open.due());
  }

  static OpenMessage readOpen(RecordReader in) {
    return new OpenMessage(
        in.text(),
        readTime(in),
        in.message(),
        STATES[in.one()],
        (int) in.number(),
        Records.readBoolean(in) ? Optional.of(in.text()) : Optional.empty(),
        readIfThere(in));
  }

  private static RecordWriter write(RecordWriter out, Instant time) {
    return out.number(Durations.epochMillis(time));
  }

  private static Instant readTime(RecordReader in) {
    return Instant.ofEpochMilli(in.number());
  }

  private static void write(RecordWriter out, Optional<Instant> time) {
    Records.write(out, time.isPresent());
    time.ifPresent(there -> write(out, there));
  }

  private static Optional<Instant> readIfThere(RecordReader in) {
    return Records.readBoolean(in) ? Optional.of(readTime(in)) : Optional.empty();
  }
}

package dev.leat.broker.memory;

import dev.leat.BrokerUnavailable;
import dev.leat.broker.Entry;
import dev.leat.wire.RecordReader;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages that nothing needs any more, read from the segments that are kept: none of them is in
 * memory, but for which streams stand in which segment, once one was looked through. Any thread;
 * reads from the disk.
 */
final class History {
  /** The newest entry of a stream in a segment. */
  private record Last(long offset, EntryId id) {}

  /** An entry up to which somebody has read, who may want to read on. */
  private record Known(String stream, EntryId upTo) {}

  /** The frame that it stands in. */
  private record Place(int segment, long position) {}

  private static final Logger log = LoggerFactory.getLogger(History.class);
  private static final int PLACES = 256;

  private final FileFolder folder;
  private final String name;
  private final SegmentTable segments;

  /** Of segments that are complete. */
  private final Map<Integer, Map<String, Last>> streams = new ConcurrentHashMap<>();

  /** Where those were who have read lately. */
  private final Map<Known, Place> places =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Known, Place> eldest) {
              return size() > PLACES;
            }
          });

  private final CurrentSegment current;

  /** Which segment is being written to. */
  interface CurrentSegment {
    int number();
  }

  History(FileFolder folder, String name, SegmentTable segments, CurrentSegment current) {
    this.folder = folder;
    this.name = name;
    this.segments = segments;
    this.current = current;
  }

  /** A segment is gone. */
  void forget(int segment) {
    streams.remove(segment);
  }

  /**
   * Entries of a stream, oldest first.
   *
   * @param after those that come after this one
   * @param from the offset of the first that may be shown
   * @param to the offset behind the last
   */
  List<Entry> read(String stream, EntryId after, long from, long to, int limit) {
    Search search = new Search(stream, after, from, to, limit);
    Place begin = places.get(new Known(stream, after));
    for (int segment : segments.all()) {
      if (begin != null && segment < begin.segment) {
        continue;
      }
      Map<String, Last> all = streams.get(segment);
      if (all == null || search.mayFind(all.get(stream))) {
        search(segment, begin != null && segment == begin.segment ? begin.position : 0, search);
      }
      if (search.isDone()) {
        break;
      }
    }
    return search.found;
  }

  private void search(int segment, long position, Search search) {
    boolean isComplete = segment < current.number();
    search.seen.clear();
    try (SegmentReader in = new SegmentReader(folder.segment(segment), position)) {
      long at = in.position();
      Frame frame = in.next();
      while (frame != null) {
        search.in(new RecordReader(in.bytes(), frame.from(), frame.to()));
        if (search.isDone()) {
          places.put(search.last(), new Place(segment, at));
          return;
        }
        at = in.position();
        frame = in.next();
      }
      if (isComplete && !in.isAtEnd()) {
        throw new IOException("damaged at byte " + in.position());
      }
      if (isComplete && position == 0) {
        streams.putIfAbsent(segment, Map.copyOf(search.seen));
      }
    } catch (NoSuchFileException gone) {
      log.debug("{} is gone meanwhile: it was as old as it may become", folder.segment(segment));
    } catch (IOException | IllegalStateException unreadable) {
      throw new BrokerUnavailable(
          "%s: %s cannot be read, what stands in it is not shown; 'leat file check' says more"
              .formatted(name, folder.segment(segment)),
          unreadable);
    }
  }

  /** What is looked for, and what was found. */
  private static final class Search {
    private final String stream;
    private final EntryId after;
    private final long to;
    private final int limit;
    private final List<Entry> found = new ArrayList<>();
    private final Portion portion = new Portion();

    /** The newest of each stream in the segment that is looked through. */
    private final Map<String, Last> seen = new HashMap<>();

    private long next;
    private EntryId lastId;

    Search(String stream, EntryId after, long from, long to, int limit) {
      this.stream = stream;
      this.after = after;
      this.next = from;
      this.to = to;
      this.limit = limit;
      this.lastId = after;
    }

    boolean isDone() {
      return found.size() >= limit || next >= to || portion.isFull();
    }

    boolean mayFind(@Nullable Last last) {
      return last != null && last.offset >= next && last.id.compareTo(after) > 0;
    }

    Known last() {
      return new Known(stream, lastId);
    }

    void in(RecordReader in) {
      while (in.hasMore()) {
        byte kind = in.one();
        if (kind != Changes.APPENDED && kind != Changes.ANSWERED) {
          Changes.skip(kind, in);
          continue;
        }
        String its = in.text();
        long offset = in.number();
        EntryId id = new EntryId(in.number(), in.number());
        seen.merge(its, new Last(offset, id), History::newer);
        boolean isIn = its.equals(stream) && offset >= next && offset < to;
        if (isIn && id.compareTo(after) > 0 && !isDone()) {
          Entry entry = new Entry(id.toString(), in.message(), id.millis());
          boolean unused = portion.isFullWith(entry);
          found.add(entry);
          next = offset + 1;
          lastId = id;
        } else {
          in.skipMessage();
        }
      }
    }
  }

  private static Last newer(Last one, Last other) {
    return one.offset >= other.offset ? one : other;
  }
}

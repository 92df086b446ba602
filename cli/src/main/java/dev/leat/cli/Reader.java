package dev.leat.cli;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whoever reads standard output. One who has gone is seen by what is written next, which may never
 * be; so the system is asked, by {@code poll} of POSIX, as {@code tail -f} of GNU does. Any thread.
 */
final class Reader {
  private static final Logger log = LoggerFactory.getLogger(Reader.class);

  private static final int STANDARD_OUTPUT = 1;

  /** {@code POLLERR}, {@code POLLHUP} and {@code POLLNVAL}, the same on Linux and macOS. */
  private static final int GONE = 0x8 | 0x10 | 0x20;

  private final Optional<MethodHandle> poll;

  private Reader(Optional<MethodHandle> poll) {
    this.poll = poll;
  }

  /**
   * The one of this process; never gone on a system that cannot be asked.
   *
   * <p>The signature is that of POSIX, and the command is started with access to native code.
   */
  @SuppressWarnings("restricted")
  static Reader ofThisProcess() {
    try {
      Linker linker = Linker.nativeLinker();
      return new Reader(
          linker
              .defaultLookup()
              .find("poll")
              .map(
                  poll ->
                      linker.downcallHandle(
                          poll,
                          FunctionDescriptor.of(
                              ValueLayout.JAVA_INT,
                              ValueLayout.ADDRESS,
                              ValueLayout.JAVA_LONG,
                              ValueLayout.JAVA_INT))));
    } catch (UnsupportedOperationException | IllegalCallerException refused) {
      log.debug("nobody can be asked who reads the output", refused);
      return new Reader(Optional.empty());
    }
  }

  /** Whether nobody reads it any more. */
  boolean isGone() {
    if (poll.isEmpty()) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      // A descriptor, then what is asked for, which is nothing, then what has happened.
      MemorySegment asked = arena.allocate(ValueLayout.JAVA_INT, 2);
      asked.setAtIndex(ValueLayout.JAVA_INT, 0, STANDARD_OUTPUT);
      int found = (int) poll.orElseThrow().invokeExact(asked, 1L, 0);
      return found > 0 && (asked.getAtIndex(ValueLayout.JAVA_SHORT, 3) & GONE) != 0;
    } catch (Throwable impossible) {
      log.debug("it is not known who reads the output", impossible);
      return false;
    }
  }
}

package dev.leat.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A {@code file:} broker on a disk that is full: a small one in memory, of the program's own. */
class FullDiskTest {
  @TempDir private Path disk;

  @Test
  @Timeout(120)
  void what_is_accepted_is_handled_and_more_is_taken_once_there_is_room() {
    try (Child program = Child.onDisk(disk, "5m", FullDiskProgram.class, disk.toString())) {
      assertThat(program.lineAfter("refused ")).contains("is full: nothing more is taken until");
      int accepted = Integer.parseInt(program.lineAfter("accepted "));
      assertThat(accepted).isBetween(50, 250);
      assertThat(program.lineAfter("handled ")).isEqualTo("true");
      assertThat(program.lineAfter("sent again ")).isEqualTo("true");
      assertThat(program.lineAfter("opened again ")).isEqualTo("true");
      assertThat(Integer.parseInt(program.lineAfter("files "))).isLessThan(8);
    }
  }

  @Test
  @Timeout(60)
  void a_disk_that_is_too_small_or_may_not_be_written_to_is_refused_in_one_sentence() {
    try (Child program = Child.onDisk(disk, "1m", FullDiskProgram.class, disk.toString())) {
      assertThat(program.lineAfter("cannot be used "))
          .contains("is on a disk with room for 10")
          .contains("it takes 2250000 at least; ?segment=BYTES takes less");
    }
    try (Child program = Child.onDisk(disk, "5m,ro", FullDiskProgram.class, disk.toString())) {
      assertThat(program.lineAfter("cannot be used "))
          .contains("cannot be made: ")
          .contains("Read-only file system");
    }
  }
}

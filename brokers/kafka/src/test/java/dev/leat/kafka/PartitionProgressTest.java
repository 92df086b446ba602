package dev.leat.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PartitionProgressTest {
  @Property
  void what_is_committed_is_read_back_as_it_was(
      @ForAll @Size(max = 200) List<@IntRange(max = 150) Integer> completed,
      @ForAll @IntRange(max = 150) int skipped) {
    PartitionProgress progress = new PartitionProgress(10);
    Set<Long> done = new HashSet<>();
    for (int one : completed) {
      progress.done(10L + one);
      done.add(10L + one);
    }
    progress.skipTo(skipped);
    for (long offset = 10; offset < skipped; offset++) {
      done.add(offset);
    }
    PartitionProgress read = PartitionProgress.read(progress.next(), progress.metadata());
    long next = 10;
    while (done.contains(next)) {
      next++;
    }
    assertThat(progress.next()).isEqualTo(next);
    long lowest = next;
    for (long offset = 0; offset < 200; offset++) {
      boolean isDone = offset < 10 || done.contains(offset);
      assertThat(progress.isDone(offset)).as("%d", offset).isEqualTo(isDone);
      assertThat(read.isDone(offset)).as("%d, read", offset).isEqualTo(isDone);
    }
    assertThat(progress.beyond())
        .isEqualTo(done.stream().filter(offset -> offset > lowest).count());
  }

  @Test
  void what_is_passed_over_when_fetching_is_not_waited_for() {
    PartitionProgress progress = new PartitionProgress(5);
    progress.fetched(5);
    progress.fetched(8);
    progress.done(8);
    assertThat(progress.next()).isEqualTo(5);
    assertThat(progress.beyond()).isEqualTo(3);
    progress.done(5);
    assertThat(progress.next()).isEqualTo(9);
    progress.fetched(5_000_000_000L);
    assertThat(progress.next()).isEqualTo(5_000_000_000L);
    assertThat(progress.beyond()).isZero();
    assertThat(progress.metadata()).isEqualTo("1:");
  }

  @Test
  void what_does_not_fit_is_handed_over_once_more() {
    PartitionProgress progress = new PartitionProgress(0);
    for (long offset = 0; offset < 4_000; offset++) {
      progress.fetched(offset);
    }
    assertThat(progress.isWhole()).isTrue();
    for (long offset = 1; offset < 4_000; offset += 2) {
      progress.done(offset);
    }
    assertThat(progress.isScattered()).isTrue();
    assertThat(progress.hasRoom()).isFalse();
    assertThat(progress.isWhole()).isFalse();
    assertThat(progress.metadata().length()).isLessThan(4_096);
    PartitionProgress read = PartitionProgress.read(progress.next(), progress.metadata());
    assertThat(read.isDone(1)).isTrue();
    assertThat(read.isDone(0)).isFalse();
    assertThat(read.beyond()).isBetween(500L, 2_000L);
    // Whoever goes on with it has what is open still to fetch.
    assertThat(read.isScattered()).isFalse();
  }

  @Test
  void what_others_have_written_beside_their_commit_says_nothing() {
    for (String metadata : List.of("", "1:x", "1:1,x", "2:1,1", "of another make")) {
      PartitionProgress read = PartitionProgress.read(7, metadata);
      assertThat(read.next()).isEqualTo(7);
      assertThat(read.beyond()).isZero();
    }
  }

  @Test
  void how_what_is_open_stands_is_read_back() {
    PartitionProgress progress = new PartitionProgress(100);
    progress.handed(100, 1);
    progress.handed(101, 2);
    progress.handed(103, 1);
    progress.waits(101, 2, 1_795_936_813_003L);
    progress.waits(104, 0, 0);
    progress.done(102);

    PartitionProgress read = PartitionProgress.read(progress.next(), progress.metadata());

    assertThat(read.isHeld(100)).isTrue();
    assertThat(read.isHeld(101)).isFalse();
    assertThat(read.due(101)).hasValue(1_795_936_813_003L);
    assertThat(read.attempts(101)).isEqualTo(2);
    assertThat(read.due(104)).hasValue(0);
    assertThat(read.held(110)).isEqualTo(2);
    assertThat(read.held(103)).isEqualTo(1);
    assertThat(read.delayed(110, 1_795_936_813_000L)).isEqualTo(1);
    assertThat(read.delayed(110, 1_795_936_813_003L)).isZero();
    assertThat(read.untouched()).isEqualTo(105);
    assertThat(read.isLeft()).isTrue();
    assertThat(read.held(110)).isZero();
  }
}

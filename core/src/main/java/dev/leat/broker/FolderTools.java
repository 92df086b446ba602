package dev.leat.broker;

import java.nio.file.Path;
import java.util.List;

/**
 * What can be done with the folder of a broker that keeps its streams in one, from outside: also
 * while the broker is at work. Any thread; blocks while it reads and writes.
 */
public interface FolderTools {
  /**
   * What was found in a folder.
   *
   * @param summary of what stands in it, a sentence
   * @param faults what is damaged and where, a sentence each; none where all is as it was written
   */
  record Report(String summary, List<String> faults) {}

  /**
   * Reads all of it, and changes nothing.
   *
   * @throws dev.leat.BadConfiguration if that is no folder of such a broker, or cannot be read
   */
  Report check(Path folder);

  /**
   * Copies all of it as it is now: a broker that opens the copy begins where this one was.
   *
   * @param to a folder that is empty or is not there
   * @return what was copied
   * @throws dev.leat.BadConfiguration if it cannot be read or written, or is damaged
   */
  Report backUp(Path folder, Path to);

  /**
   * Makes a folder that no broker is at work in as small as it can be: what is needed is written
   * once more, and all else is deleted, also what was kept for looking at.
   *
   * @return what there is now, and how much it was
   * @throws dev.leat.BadConfiguration if it is in use, damaged, or cannot be read or written
   */
  Report compact(Path folder);
}

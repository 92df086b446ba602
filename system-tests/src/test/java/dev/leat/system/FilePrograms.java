package dev.leat.system;

import static dev.leat.testkit.Awaiting.until;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** {@link FileProgram}s that share a folder, and what they say. */
final class FilePrograms {
  private final String url;
  private final Set<String> said = ConcurrentHashMap.newKeySet();
  private final List<Child> all = new ArrayList<>();
  private final List<Thread> readers = new ArrayList<>();

  FilePrograms(String url) {
    this.url = url;
  }

  /** Starts one that begins all its keys with a name; the first of all has the folder. */
  Child start(String name) {
    return started(Child.start(FileProgram.class, url, name));
  }

  /** One whose calls of the system can be made to fail. */
  Child startFaulty(String name) {
    return started(Child.faulty(FileProgram.class, url, name));
  }

  private Child started(Child child) {
    child.lineAfter("ready ");
    all.add(child);
    readers.add(Thread.startVirtualThread(() -> readAll(child)));
    return child;
  }

  private void readAll(Child child) {
    String line = child.line();
    while (!line.equals("null")) {
      FileLedger.read(line, said);
      line = child.line();
    }
  }

  /** What was said to be accepted or answered. */
  Set<String> said() {
    return said;
  }

  /** Waits until any of them has something more accepted and answered. */
  void goOn() {
    int before = said.size();
    until("they go on", () -> said.size() > before);
  }

  /** Waits until one has something more accepted and answered. */
  void goesOn(String name) {
    long before = saidBy(name);
    until(name + " goes on", () -> saidBy(name) > before);
  }

  private long saidBy(String name) {
    return said.stream().filter(text -> text.startsWith(name)).count();
  }

  /** Kills all that live, and waits for their last words. */
  void kill() throws InterruptedException {
    all.forEach(Child::close);
    for (Thread reader : readers) {
      reader.join();
    }
  }
}

package dev.leat.system;

import dev.leat.Leat;
import dev.leat.Payload;

/** A worker that honest and hostile clients share. */
public final class HostileWorker {
  static final String TOPIC = "shared";

  private static final int LARGE = 5_000_000;

  private HostileWorker() {}

  /** Works on the broker that is its one argument. */
  public static void main(String... arguments) {
    byte[] large = new byte[LARGE];
    Leat.connect(arguments[0])
        .worker(TOPIC)
        .concurrency(16)
        .on("echo", String.class, (text, request) -> text)
        .on("large", Payload.class, (payload, request) -> large)
        .on("upload", Payload.class, (payload, request) -> "got " + payload.size())
        .onOneWay("event", Payload.class, (payload, request) -> {})
        .start();
    System.out.println("ready");
  }
}

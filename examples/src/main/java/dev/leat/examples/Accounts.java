package dev.leat.examples;

import dev.leat.Leat;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;

/** Accounts whose entries are booked in the order they came in, while others are booked beside. */
public final class Accounts {
  /** Cents that come or go. */
  public record Entry(int cents) {}

  private Accounts() {}

  /** Books a few entries of an account, and returns its balance. */
  public static int run() {
    ConcurrentHashMap<String, Integer> balances = new ConcurrentHashMap<>();
    try (Leat leat = Leat.connect("memory:")) {
      // snippet ordered
      leat.worker("accounts")
          .ordered()
          .on(
              "entry.book",
              Entry.class,
              (entry, request) ->
                  balances.merge(request.header("key").orElseThrow(), entry.cents(), Integer::sum))
          .start();

      leat.caller().withKey("account-7").send("accounts", "entry.book", new Entry(500));
      leat.caller().withKey("account-7").send("accounts", "entry.book", new Entry(-200));
      // end
      return leat.caller()
          .withKey("account-7")
          .call("accounts", "entry.book", new Entry(0), Integer.class, Duration.ofSeconds(20));
    }
  }
}

package dev.leat.system;

import dev.leat.Topic;
import dev.leat.redis.RedisClient;
import dev.leat.wire.StreamKeys;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * What one program does that may write to the broker and is not one of ours, or not well: messages
 * and replies that break the protocol, that are too large, doubled, and to where nobody asked for.
 */
final class StreamAttacks {
  private static final String REQUESTS = StreamKeys.of(Topic.of(HostileWorker.TOPIC).incoming());
  private static final String REPLIES = "leat::replies#*::PRODUCER_OUTGOING";
  private static final int AT_ONCE = 20;
  private static final String MANY_HEADERS = manyHeaders();

  private final RedisClient client;
  private final Random random;

  StreamAttacks(RedisClient client, long seed) {
    this.client = client;
    this.random = new Random(seed);
  }

  /** All of them, by name. Each uses the client alone, one after the other. */
  Map<String, HttpAttacks.Attack> all() {
    Map<String, HttpAttacks.Attack> all = new LinkedHashMap<>();
    all.put("entries of too few strings", () -> some(() -> request("a", "b")));
    all.put("entries of random strings", () -> some(() -> request(noise(8))));
    all.put("headers that are no JSON", () -> some(() -> request(message("echo", "", "[[", "x"))));
    all.put("headers without end", () -> request(message("echo", "", MANY_HEADERS, "x")));
    all.put(
        "types that write to a log",
        () -> some(() -> request(message("a\n\u001b[2J", "", "", "x"))));
    all.put(
        "replies wanted where they are not taken",
        () -> some(() -> request(message("echo", REQUESTS, "", "\"x\""))));
    all.put(
        "replies wanted where nobody is",
        () ->
            some(() -> request(message("echo", "leat::replies#none::PRODUCER_OUTGOING", "", "x"))));
    all.put("the same message again and again", () -> some(() -> request(same())));
    all.put("payloads that are not what they say", () -> some(() -> request(binary())));
    all.put("replies that break the protocol", () -> toCallers("a", "b"));
    all.put("replies of random strings", () -> toCallers(noise(8)));
    all.put("replies to nobody", () -> toCallers(message("echo", "", "", "x".repeat(100_000))));
    all.put("replies with headers without end", () -> toCallers(message("", "", MANY_HEADERS, "")));
    return all;
  }

  private static void some(Runnable action) {
    for (int i = 0; i < AT_ONCE; i++) {
      action.run();
    }
  }

  private synchronized void request(String... strings) {
    client.append(REQUESTS, strings);
  }

  private synchronized void toCallers(String... strings) {
    List<String> streams = client.keys(REPLIES);
    streams.forEach(stream -> client.append(stream, strings));
  }

  private String[] message(String type, String destination, String headers, String payload) {
    String id = Long.toHexString(random.nextLong());
    return new String[] {id, type, destination, "", "text", headers, "UnoccupiedField", payload};
  }

  private static String[] same() {
    return new String[] {"same", "echo", "", "", "json", "", "UnoccupiedField", "\"x\""};
  }

  private String[] binary() {
    String[] message = message("upload", "", "", "%%% no base64 %%%");
    message[4] = "binary";
    return message;
  }

  private static String manyHeaders() {
    StringBuilder headers = new StringBuilder("{");
    for (int i = 0; i < 20_000; i++) {
      headers.append(i == 0 ? "" : ",").append("\"h").append(i).append("\":\"x\"");
    }
    return headers.append('}').toString();
  }

  private String[] noise(int strings) {
    String[] all = new String[strings];
    for (int i = 0; i < strings; i++) {
      byte[] bytes = new byte[random.nextInt(1, 200)];
      random.nextBytes(bytes);
      all[i] = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    }
    return all;
  }
}

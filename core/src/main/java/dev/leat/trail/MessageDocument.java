package dev.leat.trail;

import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Message;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A message as it is printed. */
final class MessageDocument {
  /** What clients and servers of HTTP prove themselves by: nobody is to see these. */
  private static final Set<String> CREDENTIALS =
      Set.of("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key");

  private MessageDocument() {}

  /** All that a message has, by the names of JSON. */
  static Map<String, Object> of(Message message) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", message.id());
    all.put("type", message.type());
    all.put("destination", message.destination());
    all.put("headers", shown(message.headers()));
    all.put("source", message.source());
    all.put("protocol", message.payload().encoding().wireName());
    all.put("payload", content(message));
    return all;
  }

  private static Map<String, String> shown(Headers headers) {
    Map<String, String> all = new LinkedHashMap<>(headers.asMap());
    all.replaceAll(
        (name, value) -> CREDENTIALS.contains(name.toLowerCase(Locale.ROOT)) ? "***" : value);
    return all;
  }

  /** The payload as text; what is no text, in Base64. */
  static String content(Message message) {
    return message.payload().encoding() == Encoding.BINARY
        ? Base64.getEncoder().encodeToString(message.payload().bytes())
        : message.payload().asText();
  }
}

package dev.leat.redis;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Names and values of an {@code XINFO} answer.
 *
 * @param fields by their name
 */
record Fields(Map<String, Resp> fields) {
  static Fields of(Resp flat) {
    Map<String, Resp> fields = new HashMap<>();
    List<Resp> items = flat.items();
    for (int i = 0; i + 1 < items.size(); i += 2) {
      fields.put(items.get(i).text(), items.get(i + 1));
    }
    return new Fields(fields);
  }

  String text(String name) {
    Resp value = fields.get(name);
    return value instanceof Resp.Text text ? text.text() : "";
  }

  /** Empty where the server does not say. */
  OptionalLong number(String name) {
    return fields.get(name) instanceof Resp.Whole whole
        ? OptionalLong.of(whole.value())
        : OptionalLong.empty();
  }
}

package dev.leat.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadMessage;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.CloudEventDeserializer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CloudEventRecordTest {
  @Test
  void a_message_is_read_as_it_was_written() {
    for (Payload payload :
        new Payload[] {
          Payload.json("{\"a\":1}"), Payload.text("grüße"), Payload.binary(new byte[] {0, -1}),
        }) {
      Message message =
          new Message(
              "1",
              "user.get",
              "leat-replies/3/x",
              Headers.of("key", "7", "content-type", payload.encoding().mediaType(), "ce_id", "x")
                  .with("leat_lane", "y")
                  .with("empty", "")
                  .with("ü", "ß"),
              "",
              payload);
      assertThat(read(message)).isEqualTo(message);
      assertThat(read(new Message("1", "", "", Headers.NONE, "", payload)).type()).isEmpty();
      Message plain = new Message("1", "t", "", Headers.NONE, "me", payload);
      assertThat(read(plain)).isEqualTo(plain);
      Message other = plain.withHeaders(Headers.of("content-type", "image/png"));
      assertThat(read(other)).isEqualTo(other);
    }
  }

  @Test
  void whoever_reads_cloud_events_reads_it() {
    Message message =
        new Message(
            "7", "user.get", "", Headers.of("key", "7"), "gateway", Payload.json("{\"id\":7}"));
    ProducerRecord<byte[], byte[]> written =
        CloudEventRecord.write("t", null, message, Optional.empty());
    try (CloudEventDeserializer deserializer = new CloudEventDeserializer()) {
      CloudEvent event = deserializer.deserialize("t", written.headers(), written.value());
      assertThat(event.getId()).isEqualTo("7");
      assertThat(event.getType()).isEqualTo("user.get");
      assertThat(event.getSource()).hasToString("gateway");
      assertThat(event.getDataContentType()).isEqualTo("application/json");
      assertThat(event.getData().toBytes())
          .isEqualTo("{\"id\":7}".getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void an_event_of_another_make_is_a_message() {
    RecordHeaders headers = new RecordHeaders();
    headers.add("ce_specversion", bytes("1.0"));
    headers.add("ce_id", bytes("9"));
    headers.add("ce_type", bytes("order.placed"));
    headers.add("ce_source", bytes("/shop"));
    headers.add("content-type", bytes("application/vnd.shop+json; charset=utf-8"));
    Message message = CloudEventRecord.read(record(headers, bytes("k"), bytes("{}")));
    assertThat(message)
        .isEqualTo(
            new Message(
                "9",
                "order.placed",
                "",
                Headers.of("content-type", "application/vnd.shop+json; charset=utf-8")
                    .with("key", "k"),
                "/shop",
                Payload.json("{}")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ce_specversion", "ce_id", "ce_type"})
  void what_is_none_breaks_the_protocol(String missing) {
    Message message = new Message("1", "t", "", Headers.NONE, "me", Payload.text("x"));
    ProducerRecord<byte[], byte[]> written =
        CloudEventRecord.write("t", null, message, Optional.empty());
    written.headers().remove(missing);
    assertThatThrownBy(
            () ->
                CloudEventRecord.read(
                    record((RecordHeaders) written.headers(), null, written.value())))
        .isInstanceOf(BadMessage.class)
        .hasMessageContaining(missing);
  }

  @Test
  void bytes_that_are_no_text_break_it_too() {
    RecordHeaders headers = new RecordHeaders();
    headers.add("ce_specversion", bytes("1.0"));
    headers.add("ce_id", new byte[] {-1});
    assertThatThrownBy(() -> CloudEventRecord.read(record(headers, null, null)))
        .isInstanceOf(BadMessage.class)
        .hasMessageContaining("not UTF-8");
  }

  private static Message read(Message message) {
    ProducerRecord<byte[], byte[]> written =
        CloudEventRecord.write("t", null, message, Optional.empty());
    return CloudEventRecord.read(
        record((RecordHeaders) written.headers(), written.key(), written.value()));
  }

  private static ConsumerRecord<byte[], byte[]> record(
      RecordHeaders headers, byte @Nullable [] key, byte @Nullable [] value) {
    return new ConsumerRecord<>(
        "t",
        0,
        0,
        0,
        org.apache.kafka.common.record.TimestampType.LOG_APPEND_TIME,
        0,
        0,
        key,
        value,
        headers,
        Optional.empty());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

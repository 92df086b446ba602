package dev.leat.opentelemetry;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.HandlerFailed;
import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.Reply;
import dev.leat.Retry;
import dev.leat.Telemetry;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MessageTracingTest {
  private static final Duration LONG = Duration.ofSeconds(10);

  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final OpenTelemetrySdk sdk =
      OpenTelemetrySdk.builder()
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                  .build())
          .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
          .build();
  private final Leat leat = Leat.connect("memory:", new MessageTracing(sdk));

  @AfterEach
  void stop() {
    leat.close();
    sdk.close();
  }

  @Test
  void a_call_and_what_it_causes_are_one_trace_of_sends_and_attempts() {
    leat.worker("users").on("user.get", String.class, (id, request) -> "ada").start();
    leat.worker("posts")
        .on(
            "post.get",
            String.class,
            (id, request) ->
                Reply.of(leat.caller().call("users", "user.get", "1", String.class, LONG))
                    .andSend("audit", "post.read", id))
        .start();
    leat.worker("audit").on("post.read", String.class, (id, request) -> "ok").start();
    Tracer tracer = sdk.getTracer("test");
    Span own = tracer.spanBuilder("own").startSpan();
    try (Scope scope = own.makeCurrent()) {
      assertThat(leat.caller().call("posts", "post.get", "7", String.class, LONG)).isEqualTo("ada");
      assertThat(scope).isNotNull();
    }
    own.end();
    until("all have ended", () -> exporter.getFinishedSpanItems().size() == 6);

    assertThat(spans())
        .extracting(SpanData::getTraceId)
        .containsOnly(own.getSpanContext().getTraceId());
    SpanData sent = named("send posts");
    SpanData process = named("process posts");
    assertThat(sent.getParentSpanId()).isEqualTo(own.getSpanContext().getSpanId());
    assertThat(sent.getKind()).isEqualTo(SpanKind.PRODUCER);
    assertThat(process.getParentSpanId()).isEqualTo(sent.getSpanId());
    assertThat(process.getKind()).isEqualTo(SpanKind.CONSUMER);
    assertThat(named("send users").getParentSpanId()).isEqualTo(process.getSpanId());
    assertThat(named("process users").getParentSpanId()).isEqualTo(named("send users").getSpanId());
    assertThat(named("process audit").getParentSpanId()).isEqualTo(process.getSpanId());
    assertThat(text(process, "messaging.destination.name")).isEqualTo("posts");
    assertThat(text(process, "messaging.operation.type")).isEqualTo("process");
    assertThat(text(process, "messaging.consumer.group.name")).isEqualTo("workers");
    assertThat(text(process, "messaging.message.id")).isEqualTo(text(sent, "messaging.message.id"));
    assertThat(text(process, "leat.message.type")).isEqualTo("post.get");
  }

  @Test
  void an_attempt_that_comes_again_is_linked_to_the_one_that_failed() {
    AtomicInteger tried = new AtomicInteger();
    leat.worker("users")
        .on(
            "user.get",
            String.class,
            (id, request) -> {
              if (tried.incrementAndGet() < 3) {
                throw new IllegalStateException("not yet");
              }
              return id;
            },
            Handling.retrying(
                Retry.times(3).withWaits(Duration.ofMillis(5), Duration.ofMillis(10))))
        .start();
    assertThat(leat.caller().call("users", "user.get", "1", String.class, LONG)).isEqualTo("1");
    until("all have ended", () -> exporter.getFinishedSpanItems().size() == 4);

    List<SpanData> attempts =
        spans().stream().filter(span -> span.getName().equals("process users")).toList();
    assertThat(attempts).hasSize(3);
    assertThat(attempts.getFirst().getLinks()).isEmpty();
    assertThat(attempts.get(1).getLinks())
        .extracting(LinkData::getSpanContext)
        .containsExactly(attempts.get(0).getSpanContext());
    assertThat(attempts.get(2).getLinks())
        .extracting(LinkData::getSpanContext)
        .containsExactly(attempts.get(1).getSpanContext());
    assertThat(attempts.getFirst().getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(text(attempts.getFirst(), "error.type"))
        .isEqualTo("java.lang.IllegalStateException");
    assertThat(attempts.getFirst().getEvents()).hasSize(1);
    assertThat(attempts.getLast().getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    assertThat(attempts)
        .extracting(SpanData::getTraceId)
        .containsOnly(named("send users").getTraceId());
  }

  @Test
  void what_fails_is_told_with_its_kind_and_what_the_thread_was_at_before_is_so_again() {
    leat.worker("users")
        .on(
            "user.get",
            String.class,
            (id, request) -> Payload.text(Span.current().getSpanContext().getSpanId()))
        .on(
            "user.fail",
            String.class,
            (id, request) -> {
              throw new IllegalArgumentException(id);
            })
        .start();
    String current = leat.caller().call("users", "user.get", "1", String.class, LONG);
    assertThatThrownBy(() -> leat.caller().call("users", "user.fail", "1", String.class, LONG))
        .isInstanceOf(HandlerFailed.class);
    until("all have ended", () -> exporter.getFinishedSpanItems().size() == 4);
    assertThat(named("process users").getSpanId()).isEqualTo(current);
    assertThat(spans())
        .filteredOn(span -> span.getStatus().getStatusCode() == StatusCode.ERROR)
        .extracting(span -> text(span, "error.type"))
        .containsExactly("java.lang.IllegalArgumentException");
    assertThat(Span.current().getSpanContext().isValid()).isFalse();
  }

  @Test
  void a_broken_context_from_elsewhere_begins_a_new_trace() {
    leat.worker("users").on("user.get", String.class, (id, request) -> "ok").start();
    assertThat(
            leat.caller()
                .with(Headers.of(Headers.TRACEPARENT, "00-zz\u0000-1-01"))
                .call("users", "user.get", "1", String.class, LONG))
        .isEqualTo("ok");
    until("all have ended", () -> exporter.getFinishedSpanItems().size() == 2);
    assertThat(named("process users").getParentSpanId()).isEqualTo(named("send users").getSpanId());
  }

  @Test
  void a_tracestate_without_a_trace_is_dropped_and_a_trace_that_is_named_is_kept() {
    leat.worker("users")
        .on(
            "user.get",
            String.class,
            (id, request) -> request.header(Headers.TRACESTATE).orElse("none"))
        .start();
    assertThat(
            leat.caller()
                .with(Headers.of(Headers.TRACESTATE, "evil=of-another"))
                .call("users", "user.get", "1", String.class, LONG))
        .isEqualTo("none");
    Span own = sdk.getTracer("test").spanBuilder("own").startSpan();
    String named = "0af7651916cd43dd8448eb211c80319c";
    exporter.reset();
    try (Scope scope = own.makeCurrent()) {
      assertThat(scope).isNotNull();
      leat.caller()
          .with(Headers.of(Headers.TRACEPARENT, "00-" + named + "-b7ad6b7169203331-01"))
          .call("users", "user.get", "1", String.class, LONG);
    }
    until("both have ended", () -> spans().size() == 2);
    assertThat(spans()).extracting(SpanData::getTraceId).containsOnly(named);
  }

  @Test
  void one_that_fails_at_what_it_is_told_changes_nothing() {
    RuntimeException broken = new IllegalStateException("broken");
    Telemetry fails =
        new Telemetry() {
          @Override
          public Headers current(Headers headers) {
            throw broken;
          }

          @Override
          public Sent sending(Outgoing message) {
            return new Sent() {
              @Override
              public Headers addTo(Headers headers) {
                throw broken;
              }

              @Override
              public void ended(@Nullable Throwable failure) {
                throw broken;
              }
            };
          }

          @Override
          public Handled handling(Work work) {
            throw broken;
          }

          @Override
          public void ended(Work work, Outcome outcome) {
            throw broken;
          }
        };
    try (Leat other = Leat.connect("memory:", fails)) {
      AtomicInteger handled = new AtomicInteger();
      other
          .worker("t")
          .on(
              "x",
              String.class,
              (text, request) -> {
                handled.incrementAndGet();
                return text;
              })
          .start();
      assertThat(other.caller().call("t", "x", "y", String.class, LONG)).isEqualTo("y");
      assertThat(other.caller().send("t", "x", "y")).isNotEmpty();
      until("both were handled", () -> handled.get() == 2);
    }
  }

  @Test
  void where_no_program_has_set_it_up_nobody_is_told() {
    assertThat(new OpenTelemetryProvider().telemetry()).isSameAs(Telemetry.NONE);
    assertThat(GlobalOpenTelemetry.isSet()).isFalse();
    try (Leat plain = Leat.connect("memory:")) {
      assertThat(plain.telemetry().isOn()).isFalse();
    }
    try {
      GlobalOpenTelemetry.set(sdk);
      try (Leat traced = Leat.connect("memory:")) {
        assertThat(traced.telemetry().isOn()).isTrue();
        traced.worker("t").on("x", String.class, (text, request) -> text).start();
        traced.caller().call("t", "x", "y", String.class, LONG);
        until("it was traced", () -> spans().size() == 2);
      }
    } finally {
      GlobalOpenTelemetry.resetForTest();
    }
  }

  private List<SpanData> spans() {
    return exporter.getFinishedSpanItems();
  }

  private SpanData named(String name) {
    return spans().stream().filter(span -> span.getName().equals(name)).findFirst().orElseThrow();
  }

  private static String text(SpanData span, String name) {
    return String.valueOf(span.getAttributes().get(AttributeKey.stringKey(name)));
  }
}

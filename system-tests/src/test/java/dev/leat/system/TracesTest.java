package dev.leat.system;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.StreamRef;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.Route;
import dev.leat.opentelemetry.MessageTracing;
import dev.leat.redis.RedisServerProcess;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One trace from the edge to the last service. */
class TracesTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final OpenTelemetrySdk sdk =
      OpenTelemetrySdk.builder()
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                  .build())
          .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
          .build();
  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final Leat leat = Leat.connect(redis.url(), new MessageTracing(sdk));
  private final HttpClient http = HttpClient.newHttpClient();
  private final LeatGateway gateway =
      LeatGateway.on(leat)
          .route(Route.post("/announcements/{of}", "greetings", "greeting.announce"))
          .listen("127.0.0.1", 0);

  @AfterEach
  void stop() {
    http.shutdownNow();
    gateway.close();
    leat.close();
    redis.close();
    sdk.close();
  }

  @Test
  void a_trace_goes_on_through_a_worker_in_another_language() throws Exception {
    leat.worker("announcements").on("greeting.made", String.class, (text, request) -> text).start();
    Process python = python();
    try {
      assertThat(post("/announcements/ada").statusCode()).isEqualTo(200);
      until("the last service was asked", () -> named("process announcements") > 0);
      until("the response has ended", () -> named("POST /announcements/{of}") > 0);
    } finally {
      python.destroyForcibly().onExit().join();
    }

    SpanData edge = span("POST /announcements/{of}");
    SpanData sent = span("send greetings");
    SpanData last = span("process announcements");
    assertThat(exporter.getFinishedSpanItems())
        .extracting(SpanData::getTraceId)
        .containsOnly(TRACE);
    assertThat(edge.getKind()).isEqualTo(SpanKind.SERVER);
    assertThat(edge.getParentSpanId()).isEqualTo("b7ad6b7169203331");
    assertThat(edge.getAttributes().get(AttributeKey.longKey("http.response.status_code")))
        .isEqualTo(200);
    assertThat(edge.getAttributes().get(AttributeKey.stringKey("url.path")))
        .isEqualTo("/announcements/ada");
    assertThat(sent.getParentSpanId()).isEqualTo(edge.getSpanId());
    assertThat(last.getParentSpanId()).isEqualTo(sent.getSpanId());
  }

  @Test
  void what_is_refused_at_the_edge_has_its_span_too() throws Exception {
    assertThat(post("/elsewhere").statusCode()).isEqualTo(404);
    until("it has ended", () -> named("POST") > 0);
    assertThat(span("POST").getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    assertThat(post("/announcements/ada").statusCode()).isEqualTo(503);
    until("it has ended", () -> named("POST /announcements/{of}") > 0);
    assertThat(span("POST /announcements/{of}").getStatus().getStatusCode())
        .isEqualTo(StatusCode.ERROR);
  }

  private Process python() throws IOException {
    Process started =
        new ProcessBuilder(
                "python3",
                Path.of("..", "examples", "python", "worker.py").toString(),
                Integer.toString(redis.port()))
            .inheritIO()
            .start();
    StreamRef incoming = new StreamRef.At("greetings::DEFAULT::CONSUMER_INCOMING");
    until("it is there", () -> !result(leat.broker().health(incoming)).groups().isEmpty());
    return started;
  }

  private HttpResponse<String> post(String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + path))
            .header("content-type", "application/json")
            .header("traceparent", "00-" + TRACE + "-b7ad6b7169203331-01")
            .POST(BodyPublishers.ofString("{\"name\":\"ada\"}"))
            .build(),
        BodyHandlers.ofString());
  }

  private long named(String name) {
    return exporter.getFinishedSpanItems().stream()
        .filter(span -> span.getName().equals(name))
        .count();
  }

  private SpanData span(String name) {
    return exporter.getFinishedSpanItems().stream()
        .filter(span -> span.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }
}

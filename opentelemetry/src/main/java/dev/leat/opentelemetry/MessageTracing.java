package dev.leat.opentelemetry;

import dev.leat.Failure;
import dev.leat.Headers;
import dev.leat.Problem;
import dev.leat.Telemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A span for each request at the edge, for each message that is sent, and for each attempt at one,
 * by the semantic conventions for <a
 * href="https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/">messaging</a> and
 * <a href="https://opentelemetry.io/docs/specs/semconv/http/http-spans/">HTTP</a>. The context
 * travels in the headers of messages, in whatever form the program has chosen; workers in other
 * languages hand {@code traceparent} on.
 */
public final class MessageTracing implements Telemetry {
  private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("messaging.system");
  private static final AttributeKey<String> OPERATION =
      AttributeKey.stringKey("messaging.operation.name");
  private static final AttributeKey<String> OPERATION_TYPE =
      AttributeKey.stringKey("messaging.operation.type");
  private static final AttributeKey<String> DESTINATION =
      AttributeKey.stringKey("messaging.destination.name");
  private static final AttributeKey<String> GROUP =
      AttributeKey.stringKey("messaging.consumer.group.name");
  private static final AttributeKey<String> MEMBER = AttributeKey.stringKey("messaging.client.id");
  private static final AttributeKey<String> MESSAGE_ID =
      AttributeKey.stringKey("messaging.message.id");
  private static final AttributeKey<Long> BODY_SIZE =
      AttributeKey.longKey("messaging.message.body.size");
  private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");
  private static final AttributeKey<String> TYPE = AttributeKey.stringKey("leat.message.type");
  private static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("leat.attempt");
  private static final AttributeKey<String> REPLAY_OF = AttributeKey.stringKey("leat.replay.of");
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
  private static final AttributeKey<String> PATH = AttributeKey.stringKey("url.path");
  private static final AttributeKey<String> SCHEME = AttributeKey.stringKey("url.scheme");
  private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
  private static final AttributeKey<Long> STATUS =
      AttributeKey.longKey("http.response.status_code");

  /** Of so many messages the last attempt is known, for the next to be linked to it. */
  private static final int REMEMBERED = 1_000;

  private static final List<String> METHODS =
      List.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");

  private final Tracer tracer;
  private final TextMapPropagator propagator;

  /** Attempts that failed, by their message and group; guarded by itself. */
  private final Map<String, SpanContext> failed =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, SpanContext> eldest) {
              return size() > REMEMBERED;
            }
          });

  /** Traces into what a program has set up. */
  public MessageTracing(OpenTelemetry openTelemetry) {
    this.tracer = openTelemetry.getTracer("dev.leat");
    this.propagator = openTelemetry.getPropagators().getTextMapPropagator();
  }

  @Override
  public Headers current(Headers headers) {
    return Span.current().getSpanContext().isValid()
        ? injected(Context.current(), headers)
        : headers;
  }

  @Override
  public Served serving(
      String method, String scheme, String path, Function<String, @Nullable String> headers) {
    String known = METHODS.contains(method) ? method : "_OTHER";
    Context parent = propagator.extract(Context.root(), headers, FunctionGetter.INSTANCE);
    Span span =
        tracer
            .spanBuilder(known.equals(method) ? method : "HTTP")
            .setParent(parent)
            .setSpanKind(SpanKind.SERVER)
            .setAttribute(METHOD, known)
            .setAttribute(PATH, path)
            .setAttribute(SCHEME, scheme)
            .startSpan();
    return new ServerSpan(span, known, parent.with(span));
  }

  private final class ServerSpan implements Served {
    private final Span span;
    private final String method;
    private final Context context;

    ServerSpan(Span span, String method, Context context) {
      this.span = span;
      this.method = method;
      this.context = context;
    }

    @Override
    public Headers addTo(Headers headers) {
      return injected(context, headers);
    }

    @Override
    public void ended(Optional<String> route, int status) {
      route.ifPresent(
          path -> {
            span.updateName((METHODS.contains(method) ? method : "HTTP") + " " + path);
            span.setAttribute(ROUTE, path);
          });
      if (status > 0) {
        span.setAttribute(STATUS, status);
      }
      if (status >= 500) {
        span.setAttribute(ERROR_TYPE, Integer.toString(status));
        span.setStatus(StatusCode.ERROR);
      }
      span.end();
    }
  }

  @Override
  public Sent sending(Outgoing message) {
    Context parent = extracted(message.headers());
    Span span =
        tracer
            .spanBuilder("send " + message.topic())
            .setParent(parent)
            .setSpanKind(SpanKind.PRODUCER)
            .setAttribute(SYSTEM, "leat")
            .setAttribute(OPERATION, "send")
            .setAttribute(OPERATION_TYPE, "send")
            .setAttribute(DESTINATION, message.topic().toString())
            .setAttribute(MESSAGE_ID, message.id())
            .setAttribute(TYPE, message.type())
            .startSpan();
    Context context = parent.with(span);
    return new Sent() {
      @Override
      public Headers addTo(Headers headers) {
        return injected(context, headers);
      }

      @Override
      public void ended(@Nullable Throwable failure) {
        if (failure != null) {
          fail(span, failure.getClass().getName(), String.valueOf(failure.getMessage()));
        }
        span.end();
      }
    };
  }

  @Override
  public Handled handling(Work work) {
    Context parent = extracted(work.message().headers());
    SpanBuilder builder =
        tracer
            .spanBuilder("process " + work.topic())
            .setParent(parent)
            .setSpanKind(SpanKind.CONSUMER)
            .setAttribute(SYSTEM, "leat")
            .setAttribute(OPERATION, "process")
            .setAttribute(OPERATION_TYPE, "process")
            .setAttribute(DESTINATION, work.topic().toString())
            .setAttribute(GROUP, work.group())
            .setAttribute(MEMBER, work.member())
            .setAttribute(MESSAGE_ID, work.message().id())
            .setAttribute(BODY_SIZE, (long) work.message().payload().size())
            .setAttribute(TYPE, work.message().type())
            .setAttribute(ATTEMPT, (long) work.attempt());
    work.message()
        .headers()
        .get(Headers.REPLAY_OF)
        .ifPresent(recorded -> builder.setAttribute(REPLAY_OF, recorded));
    if (work.attempt() > 1) {
      link(builder, work, parent);
    }
    return new Processing(work, builder.startSpan(), parent);
  }

  /** To the attempt before, where this process made it; else to the sending of the message. */
  private void link(SpanBuilder builder, Work work, Context parent) {
    SpanContext before = failed.remove(key(work));
    SpanContext sent = Span.fromContext(parent).getSpanContext();
    if (before != null) {
      builder.addLink(before);
    } else if (sent.isValid()) {
      builder.addLink(sent);
    }
  }

  private final class Processing implements Handled {
    private final Work work;
    private final Span span;
    private final Context context;
    private final Scope scope;

    @SuppressWarnings("MustBeClosedChecker") // It is closed on the same thread, when it has ended.
    Processing(Work work, Span span, Context parent) {
      this.work = work;
      this.span = span;
      this.context = parent.with(span);
      this.scope = context.makeCurrent();
    }

    @Override
    public Headers addTo(Headers headers) {
      return injected(context, headers);
    }

    @Override
    public void ended(@Nullable Problem problem, @Nullable Throwable cause) {
      scope.close();
      if (problem != null) {
        // What a handler says of a request that is wrong is an answer, and no fault of its own.
        String type =
            cause == null || cause instanceof Failure
                ? Integer.toString(problem.status())
                : cause.getClass().getName();
        span.setAttribute(ERROR_TYPE, type);
        if (problem.status() >= 500) {
          span.setStatus(StatusCode.ERROR, problem.title());
        }
        failed.put(key(work), span.getSpanContext());
      }
      if (cause != null) {
        span.recordException(cause);
      }
      span.end();
    }
  }

  /** What is not tried again is of no use to the next attempt. */
  @Override
  public void ended(Work work, Outcome outcome) {
    if (outcome != Outcome.RETRIED) {
      failed.remove(key(work));
    }
  }

  private static String key(Work work) {
    return work.topic() + " " + work.group() + " " + work.message().id();
  }

  private static void fail(Span span, String type, String description) {
    span.setAttribute(ERROR_TYPE, type);
    span.setStatus(StatusCode.ERROR, description);
  }

  private Context extracted(Headers headers) {
    return propagator.extract(Context.root(), headers, HeadersGetter.INSTANCE);
  }

  private Headers injected(Context context, Headers headers) {
    // What a stranger said of another trace, as a tracestate alone, is not of this one.
    Headers.Builder all = headers.without(name -> propagator.fields().contains(name)).toBuilder();
    propagator.inject(context, all, BuilderSetter.INSTANCE);
    return all.build();
  }

  private enum BuilderSetter implements TextMapSetter<Headers.Builder> {
    INSTANCE;

    @Override
    public void set(Headers.@Nullable Builder carrier, String key, String value) {
      if (carrier != null) {
        carrier.set(key, value);
      }
    }
  }

  private enum HeadersGetter implements TextMapGetter<Headers> {
    INSTANCE;

    @Override
    public @Nullable String get(@Nullable Headers carrier, String key) {
      return carrier == null ? null : carrier.get(key).orElse(null);
    }
  }

  private enum FunctionGetter implements TextMapGetter<Function<String, @Nullable String>> {
    INSTANCE;

    @Override
    public @Nullable String get(@Nullable Function<String, @Nullable String> carrier, String key) {
      return carrier == null ? null : carrier.apply(key);
    }
  }
}

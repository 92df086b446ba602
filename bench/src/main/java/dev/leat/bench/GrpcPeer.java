package dev.leat.bench;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * An edge on Vert.x that asks a service over gRPC: one channel for each event loop, as grpc-java
 * advises, whose streams share a connection; the service answers on its transport's threads, since
 * it does not block. The bytes go as they are, which spares it what Protobuf would cost.
 */
public final class GrpcPeer {
  private static final MethodDescriptor<byte[], byte[]> ECHO =
      MethodDescriptor.newBuilder(new Bytes(), new Bytes())
          .setType(MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName("bench.Echo", "echo"))
          .build();

  private GrpcPeer() {}

  /** {@code service PORT}, or {@code edge PORT SERVICE_PORT}. */
  public static void main(String... arguments) throws IOException, InterruptedException {
    int port = Integer.parseInt(arguments[1]);
    if (arguments[0].equals("service")) {
      Server server = serve(port);
      System.out.println("ready");
      // Its threads alone do not keep the program alive.
      server.awaitTermination();
    } else {
      int servicePort = Integer.parseInt(arguments[2]);
      HttpPeer.deploy(() -> new Edge(port, servicePort), HttpPeer.EDGE_LOOPS);
      System.out.println("ready");
    }
  }

  private static Server serve(int port) throws IOException {
    return NettyServerBuilder.forPort(port)
        .directExecutor()
        .addService(
            ServerServiceDefinition.builder("bench.Echo")
                .addMethod(
                    ECHO,
                    ServerCalls.asyncUnaryCall(
                        (request, answer) -> {
                          answer.onNext(request);
                          answer.onCompleted();
                        }))
                .build())
        .build()
        .start();
  }

  private static final class Edge extends VerticleBase {
    private final int port;
    private final int servicePort;

    Edge(int port, int servicePort) {
      this.port = port;
      this.servicePort = servicePort;
    }

    @Override
    public Future<?> start() {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", servicePort)
              .usePlaintext()
              .directExecutor()
              .build();
      return vertx
          .createHttpServer()
          .requestHandler(
              request -> request.body().onSuccess(body -> forward(channel, request, body)))
          .listen(port, "127.0.0.1");
    }

    private void forward(ManagedChannel channel, HttpServerRequest request, Buffer body) {
      Context own = vertx.getOrCreateContext();
      ClientCalls.asyncUnaryCall(
          channel.newCall(ECHO, CallOptions.DEFAULT),
          body.getBytes(),
          new StreamObserver<byte[]>() {
            @Override
            public void onNext(byte[] answer) {
              own.runOnContext(turn -> HttpPeer.answer(request, Buffer.buffer(answer)));
            }

            @Override
            public void onError(Throwable failure) {
              own.runOnContext(turn -> request.response().setStatusCode(502).end());
            }

            @Override
            public void onCompleted() {
              // The one answer there is was sent with it.
            }
          });
    }
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }
  }
}

package dev.leat.gateway;

import dev.leat.broker.FaultLog;
import dev.leat.broker.SteadyClock;
import dev.leat.gateway.admission.Connections;
import dev.leat.gateway.http.FirstBytes;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.TcpConfig;
import io.vertx.core.spi.transport.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transport of this system, of which a server accepts no more connections than it may: one that
 * is refused is closed before anything is made for it. Vert.x hears of a connection only once it
 * has said something.
 */
final class LimitedTransport implements Transport {
  private static final Logger log = LoggerFactory.getLogger(LimitedTransport.class);

  private final Transport system;
  private final Connections connections;
  private final Duration firstBytes;
  private final FaultLog refusals = new FaultLog(log, SteadyClock.system());

  private LimitedTransport(Transport system, Connections connections, Duration firstBytes) {
    this.system = system;
    this.connections = connections;
    this.firstBytes = firstBytes;
  }

  /**
   * For Vert.x.
   *
   * @param firstBytes in which a client says which protocol it speaks
   */
  static io.vertx.core.transport.Transport of(Connections connections, Duration firstBytes) {
    io.vertx.core.transport.Transport own = io.vertx.core.transport.Transport.nativeTransport();
    io.vertx.core.transport.Transport system =
        own != null && own.available() ? own : io.vertx.core.transport.Transport.NIO;
    return new Named(
        system.name(), new LimitedTransport(system.implementation(), connections, firstBytes));
  }

  /** As the options of Vert.x take it. */
  private record Named(String name, Transport implementation)
      implements io.vertx.core.transport.Transport {
    @Override
    public boolean available() {
      return true;
    }

    @Override
    public @Nullable Throwable unavailabilityCause() {
      return null;
    }
  }

  /** What a server does with a connection before anybody else. */
  @ChannelHandler.Sharable
  private final class Accepting extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      Channel client = (Channel) message;
      if (!(client.remoteAddress() instanceof InetSocketAddress from)) {
        // It has gone already.
        client.unsafe().closeForcibly();
        return;
      }
      InetAddress address = from.getAddress();
      if (connections.open(address)) {
        client.closeFuture().addListener(closed -> connections.closed(address));
        client.pipeline().addLast(new FirstBytes(firstBytes));
        context.fireChannelRead(client);
      } else {
        client.unsafe().closeForcibly();
        refusals.warn(
            "address={} connections={} no more are accepted", address, connections.open());
      }
    }
  }

  @Override
  public void configure(TcpConfig config, boolean domainSocket, ServerBootstrap bootstrap) {
    system.configure(config, domainSocket, bootstrap);
    bootstrap.handler(new Accepting());
  }

  @Override
  public void configure(TcpConfig config, boolean domainSocket, Bootstrap bootstrap) {
    system.configure(config, domainSocket, bootstrap);
  }

  @Override
  public void configure(DatagramChannel channel, DatagramSocketOptions options) {
    system.configure(channel, options);
  }

  @Override
  public boolean supportsDomainSockets() {
    return system.supportsDomainSockets();
  }

  @Override
  public boolean supportFileRegion() {
    return system.supportFileRegion();
  }

  @Override
  public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
    return system.convert(address);
  }

  @Override
  public io.vertx.core.net.@Nullable SocketAddress convert(SocketAddress address) {
    return system.convert(address);
  }

  @Override
  public IoHandlerFactory ioHandlerFactory() {
    return system.ioHandlerFactory();
  }

  @Override
  public EventLoopGroup eventLoopGroup(
      int type, int threads, ThreadFactory threadFactory, int ioRatio) {
    return system.eventLoopGroup(type, threads, threadFactory, ioRatio);
  }

  @Override
  @SuppressWarnings("deprecation") // As Vert.x declares it.
  public DatagramChannel datagramChannel(io.netty.channel.socket.InternetProtocolFamily family) {
    return system.datagramChannel(family);
  }

  @Override
  public ChannelFactory<? extends DatagramChannel> datagramChannelFactory() {
    return system.datagramChannelFactory();
  }

  @Override
  public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
    return system.channelFactory(domainSocket);
  }

  @Override
  public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
    return system.serverChannelFactory(domainSocket);
  }
}

package dev.leat.gateway.http;

import dev.leat.broker.EventLoop;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives up on clients that do not go on. Confined to its loop.
 *
 * <p>Hot path: a request costs a look-up and two counters. Time is counted in the rounds that this
 * makes over all connections, a quarter of a second apart; one timer serves them all.
 */
final class Clients {
  private static final Duration ROUND = Duration.ofMillis(250);

  /** In which cancelled requests are counted. */
  private static final long COUNTED = rounds(Duration.ofSeconds(30));

  /** One connection. */
  private static final class Client {
    private int underWay;
    private boolean hasAsked;
    private boolean ending;
    private long waitingSince;

    /** Of the time since then. */
    private long countingSince;

    private int answered;
    private int cancelled;
  }

  private final EventLoop loop;
  private EventLoop.@Nullable Timer timer;
  private final long firstRequest;
  private final long idle;
  private final long bodyTime;
  private final int mostCancelled;
  private final IdentityHashMap<HttpConnection, Client> clients = new IdentityHashMap<>();
  private final Bodies bodies = new Bodies();
  private long round;

  Clients(EventLoop loop, ClientLimits limits) {
    this.loop = loop;
    this.firstRequest = rounds(limits.firstRequest());
    this.idle = rounds(limits.idle());
    this.bodyTime = rounds(limits.body());
    this.mostCancelled = limits.cancelled();
    next();
  }

  void close() {
    if (timer != null) {
      timer.cancel();
    }
  }

  void opened(HttpConnection connection) {
    Client client = new Client();
    client.waitingSince = round;
    clients.put(connection, client);
    connection.closeHandler(gone -> clients.remove(connection));
  }

  /** Whether a request may be taken; not where what came before it has ended the connection. */
  boolean began(HttpConnection connection) {
    Client client = clients.get(connection);
    if (client == null) {
      return true;
    }
    client.hasAsked = true;
    client.underWay++;
    return !client.ending;
  }

  /**
   * Nothing more is taken from the connection of a request of HTTP/1 that was not read to its end:
   * where the next begins is unknown. In HTTP/2 others share the connection and go on.
   */
  void ending(HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      return;
    }
    Client client = clients.get(request.connection());
    if (client != null) {
      client.ending = true;
    }
  }

  /**
   * A request has ended.
   *
   * @param cancelled whether its client did not wait for the response
   */
  void ended(HttpServerRequest request, boolean cancelled) {
    HttpConnection connection = request.connection();
    Client client = clients.get(connection);
    if (client != null) {
      client.underWay--;
      client.waitingSince = round;
      count(client, cancelled);
      if (client.cancelled > mostCancelled + client.answered
          && request.version() == HttpVersion.HTTP_2) {
        connection.close();
      }
    }
  }

  /** Whoever cancels as soon as it has asked has us work for nothing, and never has many open. */
  private void count(Client client, boolean cancelled) {
    if (round - client.countingSince > COUNTED) {
      client.countingSince = round;
      client.answered = 0;
      client.cancelled = 0;
    }
    if (cancelled) {
      client.cancelled++;
    } else {
      client.answered++;
    }
  }

  /** A body is on its way. */
  void receiving(Bodies.Incoming body) {
    bodies.add(body, round);
  }

  /** It is there, or will not come. */
  void received(Bodies.Incoming body) {
    bodies.remove(body);
  }

  private void next() {
    timer =
        loop.schedule(
            ROUND,
            () -> {
              round++;
              look();
              next();
            });
  }

  private void look() {
    bodies.giveUpBefore(round - bodyTime);
    List<HttpConnection> silent = new ArrayList<>();
    clients.forEach(
        (connection, client) -> {
          long patience = client.hasAsked ? idle : firstRequest;
          if (client.underWay == 0 && round - client.waitingSince > patience) {
            silent.add(connection);
          }
        });
    silent.forEach(HttpConnection::close);
  }

  private static long rounds(Duration time) {
    return Math.max(1, time.dividedBy(ROUND));
  }
}

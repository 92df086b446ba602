package dev.leat.gateway.http;

import dev.leat.broker.EventLoop;
import dev.leat.gateway.admission.MemoryBudget;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.BooleanSupplier;
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

  /** That a body may stand still where memory is short. */
  private static final long TIGHT = rounds(Duration.ofSeconds(1));

  /** In which it comes then, or another portion of it. */
  private static final long TIGHT_BODY = rounds(Duration.ofSeconds(15));

  /** That a connection may be silent where there are hardly any left. */
  private static final long CROWDED = rounds(Duration.ofSeconds(2));

  /** One connection. */
  static final class Client {
    private int underWay;

    /** Responses that it has yet to take. */
    private int untaken;

    /** What it asked for meanwhile. */
    private @Nullable Runnable next;

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
  private final long responseTime;
  private final MemoryBudget memory;
  private final BooleanSupplier crowded;
  private final Transfers bodies = new Transfers();
  private final Transfers responses = new Transfers();
  private long round;

  /**
   * None yet.
   *
   * @param crowded whether there are nearly as many connections as there may be
   */
  Clients(EventLoop loop, ClientLimits limits, MemoryBudget memory, BooleanSupplier crowded) {
    this.crowded = crowded;
    this.loop = loop;
    this.firstRequest = rounds(limits.firstRequest());
    this.idle = rounds(limits.idle());
    this.bodyTime = rounds(limits.body());
    this.responseTime = rounds(limits.response());
    this.memory = memory;
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

  /** Who has a connection; null where that is not watched, or has ended. */
  @Nullable Client of(HttpConnection connection) {
    return clients.get(connection);
  }

  /** Whether a request may be taken; not where what came before it has ended the connection. */
  static boolean began(@Nullable Client client) {
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
  void ended(HttpServerRequest request, @Nullable Client client, boolean cancelled) {
    if (client != null) {
      client.underWay--;
      client.waitingSince = round;
      count(client, cancelled);
      if (client.cancelled > mostCancelled + client.answered
          && request.version() == HttpVersion.HTTP_2) {
        Channels.closeSoon(request.connection());
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

  /** A body is on its way, or enough of it came to be given its time anew. */
  void receiving(Transfers.Transfer body) {
    bodies.add(body, round);
  }

  /** Some of a body has come. */
  void moved(Transfers.Transfer body) {
    body.moved(round);
  }

  /** It is there, or will not come. */
  void received(Transfers.Transfer body) {
    bodies.remove(body);
  }

  /** A response is written; until its client has taken it nothing more is done for HTTP/1. */
  static void sending(@Nullable Client client) {
    if (client != null) {
      client.untaken++;
    }
  }

  /** There is no room for what is next of a response; it has its time from now on. */
  void waitsForRoom(Transfers.Transfer response) {
    responses.add(response, round);
  }

  /** It does not wait any more. */
  void waitsNoMore(Transfers.Transfer response) {
    responses.remove(response);
  }

  /** A response was taken, or its client has gone. */
  static void sent(@Nullable Client client, boolean taken) {
    if (client == null) {
      return;
    }
    client.untaken--;
    Runnable next = client.next;
    if (next != null && taken && client.untaken == 0) {
      client.next = null;
      next.run();
    }
  }

  /**
   * Whether a request of HTTP/1 has to wait, because its client has yet to take the response before
   * it: a client that asks and never reads would fill the memory.
   *
   * @param begin called once it has not
   */
  static boolean hasToWait(HttpServerRequest request, @Nullable Client client, Runnable begin) {
    if (client == null || client.untaken == 0 || request.version() == HttpVersion.HTTP_2) {
      return false;
    }
    client.next = begin;
    return true;
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
    responses.giveUpBefore(round - responseTime);
    if (memory.isTight()) {
      // Nobody is waited for who stands still, nor for long for who hardly moves.
      bodies.giveUpBefore(round - Math.min(bodyTime, TIGHT_BODY));
      bodies.giveUpStanding(round - TIGHT);
      responses.giveUpStanding(round - TIGHT);
    }
    // And where connections become few, for nobody who has nothing to ask.
    long patienceOfAll = crowded.getAsBoolean() ? CROWDED : Long.MAX_VALUE;
    List<HttpConnection> silent = new ArrayList<>();
    clients.forEach(
        (connection, client) -> {
          long patience = Math.min(patienceOfAll, client.hasAsked ? idle : firstRequest);
          if (client.underWay == 0 && round - client.waitingSince > patience) {
            silent.add(connection);
          }
        });
    silent.forEach(Channels::close);
  }

  private static long rounds(Duration time) {
    return Math.max(1, time.dividedBy(ROUND));
  }
}

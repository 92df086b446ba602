package dev.leat.gateway.http;

import dev.leat.gateway.route.Cors;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.CorsHandler;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Has Vert.x answer what browsers ask before and with requests of other origins. Confined to its
 * loop; requests that no page of another origin sends never come here.
 */
final class CrossOrigin {
  private static final Set<HttpMethod> METHODS =
      Set.of(
          HttpMethod.GET,
          HttpMethod.HEAD,
          HttpMethod.POST,
          HttpMethod.PUT,
          HttpMethod.PATCH,
          HttpMethod.DELETE);

  private final Vertx vertx;
  private final Map<Cors, Router> routers = new HashMap<>();

  /** What goes on once the handler, which does not leave the loop, has let a request through. */
  private Runnable onwards = () -> {};

  CrossOrigin(Vertx vertx) {
    this.vertx = vertx;
  }

  static boolean isAsked(HttpServerRequest request) {
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    return origin != null && !isOwn(request, origin);
  }

  /**
   * Whether a page asks where it came from itself: as browsers say, which no page can make up, or
   * else by the host that both name. Schemes are not compared, since TLS may end before this.
   */
  private static boolean isOwn(HttpServerRequest request, String origin) {
    String site = request.getHeader("sec-fetch-site");
    if (site != null) {
      return site.equals("same-origin");
    }
    HostAndPort asked = request.authority();
    int scheme = origin.indexOf("://");
    if (asked == null || scheme < 0) {
      return false;
    }
    HostAndPort own = HostAndPort.parseAuthority(origin.substring(scheme + 3), -1);
    int usual = origin.startsWith("https:") ? 443 : 80;
    return own != null
        && own.host().equalsIgnoreCase(asked.host())
        && port(own, usual) == port(asked, usual);
  }

  private static int port(HostAndPort authority, int usual) {
    return authority.port() > 0 ? authority.port() : usual;
  }

  /** The method of the request that a browser asks about before it sends it; empty if it is not. */
  static String askedMethod(HttpServerRequest request) {
    String method = request.getHeader(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD);
    return method == null || !request.method().equals(HttpMethod.OPTIONS) ? "" : method;
  }

  /** Tells caches that the answer to another origin, or to none, is another one. */
  static void vary(HttpServerResponse response) {
    ReplyHeaders.vary(response.headers(), HttpHeaders.ORIGIN.toString());
  }

  /** Whether pages of where a request comes from may have it. */
  static boolean isAllowed(HttpServerRequest request, Cors cors) {
    return cors.origins().contains(Cors.ANY)
        || cors.origins().contains(request.getHeader(HttpHeaders.ORIGIN));
  }

  /** Answers, or goes on with what is allowed on the response. */
  void check(HttpServerRequest request, Cors cors, Runnable allowed) {
    onwards = allowed;
    routers.computeIfAbsent(cors, this::router).handle(request);
  }

  private Router router(Cors cors) {
    CorsHandler handler =
        CorsHandler.create()
            .allowedMethods(METHODS)
            .allowedHeaders(cors.headers())
            .exposedHeaders(cors.exposed())
            .allowCredentials(cors.credentials())
            .maxAgeSeconds((int) cors.maxAge().toSeconds());
    if (cors.origins().contains(Cors.ANY)) {
      handler.addOrigin(Cors.ANY);
    } else {
      handler.addOrigins(List.copyOf(cors.origins()));
    }
    Router router = Router.router(vertx);
    // Else each refusal would be logged as an error of ours.
    router.errorHandler(403, refused -> refused.response().setStatusCode(403).end());
    router.route().handler(handler).handler(passed -> onwards.run());
    return router;
  }
}

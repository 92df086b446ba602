package dev.leat.bench.spring;

import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.cloud.gateway.route.builder.RouteLocatorBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/**
 * Spring Cloud Gateway before Spring Boot, both on Reactor Netty with the native transport and no
 * more loops than the other peer has; connections are kept and pooled without a limit.
 */
public final class SpringPeer {
  private static final String PATH = "/echo";

  private SpringPeer() {}

  /** {@code service PORT}, or {@code edge PORT SERVICE_PORT}. */
  public static void main(String... arguments) {
    boolean isService = arguments[0].equals("service");
    System.setProperty("reactor.netty.ioWorkerCount", isService ? "1" : "2");
    SpringApplication application = new SpringApplication(isService ? Service.class : Edge.class);
    application.setDefaultProperties(
        Map.of(
            "server.address", "127.0.0.1",
            "server.port", arguments[1],
            "service.port", isService ? "0" : arguments[2],
            "spring.main.banner-mode", "off",
            "logging.level.root", "WARN",
            "spring.cloud.gateway.server.webflux.httpclient.pool.type", "ELASTIC"));
    application.run();
    System.out.println("ready");
  }

  /** Echoes. */
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Service {
    @Bean
    RouterFunction<ServerResponse> echo() {
      return RouterFunctions.route().POST(PATH, Service::answer).build();
    }

    private static Mono<ServerResponse> answer(ServerRequest request) {
      return request
          .bodyToMono(byte[].class)
          .flatMap(
              body -> ServerResponse.ok().contentType(MediaType.APPLICATION_JSON).bodyValue(body));
    }
  }

  /** Hands on. */
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Edge {
    @Bean
    RouteLocator routes(RouteLocatorBuilder builder, @Value("${service.port}") int service) {
      return builder
          .routes()
          .route("echo", route -> route.path(PATH).uri("http://127.0.0.1:" + service))
          .build();
    }
  }
}

package dev.leat.system;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;

/** What clients of a gateway on this machine send. */
final class Requests {
  private Requests() {}

  static CompletableFuture<HttpResponse<String>> postJson(
      HttpClient http, int port, String path, String json) {
    return post(http, port, path, "application/json", json);
  }

  static CompletableFuture<HttpResponse<String>> post(
      HttpClient http, int port, String path, String type, String body) {
    return http.sendAsync(
        to(port, path).header("content-type", type).POST(BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  static CompletableFuture<HttpResponse<String>> get(HttpClient http, int port, String path) {
    return http.sendAsync(to(port, path).build(), BodyHandlers.ofString());
  }

  private static HttpRequest.Builder to(int port, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }
}

package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** TLS in front of a server that was built without it, as a proxy of that kind does it. */
final class TlsFront implements AutoCloseable {
  private static final String SECRET = "changeit";

  private final Vertx vertx = Vertx.vertx();
  private final NetClient client = vertx.createNetClient();
  private final NetServer server;
  private final Path certificate;

  private final Path key;

  /** Listens for whom a server of this machine is meant, with a certificate made for it. */
  TlsFront(int port, Path folder) {
    this(port, folder, ClientAuth.NONE);
  }

  /** One that may ask clients for a certificate, and takes its own. */
  TlsFront(int port, Path folder, ClientAuth asks) {
    Path store = folder.resolve("server.p12");
    certificate = folder.resolve("server.pem");
    key = folder.resolve("server.key");
    delete(store);
    keytool(
        store, "-genkeypair", "-keyalg", "EC", "-dname", "CN=redis", "-ext", "SAN=ip:127.0.0.1");
    keytool(store, "-exportcert", "-rfc", "-file", certificate.toString());
    exportKey(store);
    server =
        vertx.createNetServer(
            new NetServerOptions()
                .setSsl(true)
                .setClientAuth(asks)
                .setTrustOptions(new PemTrustOptions().addCertPath(certificate.toString()))
                .setKeyCertOptions(new PfxOptions().setPath(store.toString()).setPassword(SECRET)));
    server.connectHandler(outer -> join(outer, client.connect(port, "127.0.0.1")));
    result(server.listen(0, "127.0.0.1").toCompletionStage());
  }

  /** The port to speak TLS to. */
  int port() {
    return server.actualPort();
  }

  /** Its key, in PEM. */
  Path key() {
    return key;
  }

  /** The certificate, which has signed itself. */
  Path certificate() {
    return certificate;
  }

  @Override
  public void close() {
    result(vertx.close().toCompletionStage());
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private void exportKey(Path store) {
    try {
      char[] secret = SECRET.toCharArray();
      byte[] der =
          KeyStore.getInstance(store.toFile(), secret).getKey("redis", secret).getEncoded();
      String base64 =
          Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der);
      Files.writeString(
          key, "-----BEGIN PRIVATE KEY-----\n" + base64 + "\n-----END PRIVATE KEY-----\n");
    } catch (IOException | GeneralSecurityException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static void join(NetSocket outer, Future<NetSocket> connecting) {
    outer.pause();
    connecting.onSuccess(
        inner -> {
          inner.pipeTo(outer);
          outer.pipeTo(inner);
        });
  }

  private static void keytool(Path store, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(List.of("-alias", "redis", "-keystore", store.toString()));
    command.addAll(List.of("-storetype", "PKCS12", "-storepass", SECRET));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(said);
      }
    } catch (IOException failure) {
      throw new IllegalStateException("no keytool", failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }
}

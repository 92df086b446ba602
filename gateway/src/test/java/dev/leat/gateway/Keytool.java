package dev.leat.gateway;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Certificates for 127.0.0.1 that sign themselves, as PEM files. */
final class Keytool {
  private static final char[] SECRET = "changeit".toCharArray();

  private Keytool() {}

  /** Makes a new key and certificate, in place of those that are there. */
  static Tls make(Path folder) throws IOException, GeneralSecurityException {
    Path store = folder.resolve("keys.p12");
    Files.deleteIfExists(store);
    run(
        store,
        List.of("-genkeypair", "-keyalg", "EC", "-dname", "CN=edge", "-ext", "SAN=ip:127.0.0.1"));
    KeyStore keys = load(store);
    Path certificate = folder.resolve("cert.pem");
    Path key = folder.resolve("key.pem");
    write(certificate, "CERTIFICATE", keys.getCertificate("edge").getEncoded());
    write(key, "PRIVATE KEY", keys.getKey("edge", SECRET).getEncoded());
    return new Tls(certificate, key);
  }

  /** Trusts what was made last in a folder. */
  static SSLContext trusting(Path folder) throws IOException, GeneralSecurityException {
    return trusting(folder, null);
  }

  /** The same, and proves itself with it. */
  static SSLContext identified(Path folder) throws IOException, GeneralSecurityException {
    KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    own.init(load(folder.resolve("keys.p12")), SECRET);
    return trusting(folder, own.getKeyManagers());
  }

  private static SSLContext trusting(Path folder, KeyManager @Nullable [] own)
      throws IOException, GeneralSecurityException {
    Certificate certificate = load(folder.resolve("keys.p12")).getCertificate("edge");
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("edge", certificate);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own, trust.getTrustManagers(), null);
    return context;
  }

  private static KeyStore load(Path store) throws IOException, GeneralSecurityException {
    return KeyStore.getInstance(store.toFile(), SECRET);
  }

  private static void write(Path file, String what, byte[] der) throws IOException {
    String base64 =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der);
    Files.writeString(
        file, "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(what, base64, what));
  }

  private static void run(Path store, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(arguments);
    command.addAll(List.of("-alias", "edge", "-keystore", store.toString()));
    command.addAll(List.of("-storetype", "PKCS12", "-storepass", new String(SECRET)));
    Process process = new ProcessBuilder(command).inheritIO().start();
    if (process.onExit().join().exitValue() != 0) {
      throw new IllegalStateException("keytool failed");
    }
  }
}

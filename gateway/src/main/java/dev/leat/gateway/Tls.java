package dev.leat.gateway;

import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * What a listener proves itself with, and what it asks of its clients.
 *
 * @param certificate PEM file of the certificate, those that signed it behind it
 * @param key PEM file of its private key, PKCS 8 or PKCS 1
 * @param clientAuthority PEM file of who signs the certificates of clients; where there is one, a
 *     client without such a certificate is refused
 * @param protocols such as {@code TLSv1.3}
 * @param ciphers the names of suites
 */
public record Tls(
    Path certificate,
    Path key,
    Optional<Path> clientAuthority,
    List<String> protocols,
    List<String> ciphers) {
  /** Those that are not known to be weak (RFC 9325, section 3.1.1). */
  public static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

  /**
   * Those that keep what was said secret should the key ever be known, and tell at once what was
   * changed: no CBC (RFC 9325, section 4.2).
   */
  public static final List<String> CIPHERS =
      Arrays.stream(supported().getCipherSuites()).filter(Tls::isStrong).toList();

  /** Refuses what this Java does not know. */
  public Tls {
    protocols = List.copyOf(protocols);
    ciphers = List.copyOf(ciphers);
    refuseUnknown("protocol of TLS", protocols, supported().getProtocols());
    refuseUnknown("cipher suite", ciphers, supported().getCipherSuites());
  }

  /** With strong protocols and suites, for clients without certificates. */
  public Tls(Path certificate, Path key) {
    this(certificate, key, Optional.empty(), PROTOCOLS, CIPHERS);
  }

  /** The same for clients whose certificate was signed by one of these alone. */
  public Tls forClientsOf(Path authority) {
    return new Tls(certificate, key, Optional.of(authority), protocols, ciphers);
  }

  /** The same with other protocols. */
  public Tls withProtocols(List<String> others) {
    return new Tls(certificate, key, clientAuthority, others, ciphers);
  }

  /** The same with other suites. */
  public Tls withCiphers(List<String> others) {
    return new Tls(certificate, key, clientAuthority, protocols, others);
  }

  private static boolean isStrong(String suite) {
    boolean authenticated = suite.contains("_GCM_") || suite.contains("_CHACHA20_");
    boolean forward = suite.startsWith("TLS_ECDHE_") || !suite.contains("_WITH_");
    return authenticated && forward;
  }

  private static void refuseUnknown(String what, List<String> names, String[] known) {
    if (names.isEmpty()) {
      throw new IllegalArgumentException("at least one %s is needed".formatted(what));
    }
    for (String name : names) {
      if (!Set.of(known).contains(name)) {
        throw new IllegalArgumentException(
            "'%s' is no %s that this Java knows, such as %s".formatted(name, what, known[0]));
      }
    }
  }

  private static SSLParameters supported() {
    try {
      return SSLContext.getDefault().getSupportedSSLParameters();
    } catch (NoSuchAlgorithmException broken) {
      throw new IllegalStateException("this Java has no TLS", broken);
    }
  }
}

package dev.leat.redis;

import dev.leat.BadConfiguration;
import dev.leat.broker.BrokerUrl;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * By which certificates a server and its client know each other; all of them files in PEM.
 *
 * @param authority of the certificate that the server's is signed by; where empty, the ones that
 *     Java trusts
 * @param certificate of this client, for a server that asks for one; with a key
 * @param key of that, PKCS #8 and without a password
 */
record ServerTls(Optional<String> authority, Optional<String> certificate, Optional<String> key) {
  static final Set<String> OPTIONS = Set.of("ca", "cert", "key");

  static ServerTls of(BrokerUrl url) {
    ServerTls tls = new ServerTls(file(url, "ca"), file(url, "cert"), file(url, "key"));
    if (tls.certificate.isPresent() != tls.key.isPresent()) {
      throw new BadConfiguration(
          url + ": a certificate needs its key, and a key its certificate: ?cert=FILE&key=FILE");
    }
    return tls;
  }

  void addTo(NetClientOptions options) {
    options.setSsl(true).setHostnameVerificationAlgorithm("HTTPS");
    authority.ifPresent(file -> options.setTrustOptions(new PemTrustOptions().addCertPath(file)));
    certificate.ifPresent(
        file ->
            options.setKeyCertOptions(
                new PemKeyCertOptions().addCertPath(file).addKeyPath(key.orElseThrow())));
  }

  private static Optional<String> file(BrokerUrl url, String option) {
    Optional<String> file = Optional.ofNullable(url.options().get(option));
    file.ifPresent(
        name -> {
          if (!Files.isReadable(Path.of(name))) {
            throw new BadConfiguration(
                "%s: the file '%s' of '%s' cannot be read".formatted(url, name, option));
          }
        });
    return file;
  }
}

package dev.leat.gateway;

import dev.leat.BadConfiguration;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;

/**
 * A certificate and its key as they were read from their files, and found to belong together:
 * whoever renews them replaces one after the other, and in between every handshake would fail.
 */
record Proof(Buffer certificate, Buffer key) {
  private static final List<String> KINDS = List.of("RSA", "EC", "EdDSA", "Ed25519", "RSASSA-PSS");

  private static final byte[] WORD = {1, 2, 3, 4};

  /**
   * Reads the files. Blocks.
   *
   * @throws BadConfiguration if they cannot be read, or do not belong together
   */
  static Proof read(Vertx vertx, Tls tls) {
    try {
      Proof read =
          new Proof(
              Buffer.buffer(Files.readAllBytes(tls.certificate())),
              Buffer.buffer(Files.readAllBytes(tls.key())));
      if (!read.isOne(vertx)) {
        throw new BadConfiguration(
            "the certificate %s and the key %s do not belong together"
                .formatted(tls.certificate(), tls.key()));
      }
      return read;
    } catch (BadConfiguration known) {
      throw known;
    } catch (Exception unusable) {
      throw new BadConfiguration(
          "the certificate %s or its key %s cannot be used".formatted(tls.certificate(), tls.key()),
          unusable);
    }
  }

  PemKeyCertOptions options() {
    return new PemKeyCertOptions().addCertValue(certificate).addKeyValue(key);
  }

  private boolean isOne(Vertx vertx) throws Exception {
    for (KeyManager manager : options().getKeyManagerFactory(vertx).getKeyManagers()) {
      if (manager instanceof X509KeyManager keys) {
        for (String kind : KINDS) {
          String[] names = keys.getServerAliases(kind, null);
          if (names != null && names.length > 0) {
            return isPair(
                keys.getPrivateKey(names[0]), keys.getCertificateChain(names[0])[0].getPublicKey());
          }
        }
      }
    }
    throw new IOException("there is no key of a kind that is known: " + KINDS);
  }

  /** What the one signs, the other knows. */
  private static boolean isPair(PrivateKey secret, PublicKey known)
      throws GeneralSecurityException {
    if (!secret.getAlgorithm().equals(known.getAlgorithm())) {
      return false;
    }
    Signature signing = Signature.getInstance(signature(secret.getAlgorithm()));
    signing.initSign(secret);
    signing.update(WORD);
    byte[] signed = signing.sign();
    Signature checking = Signature.getInstance(signing.getAlgorithm());
    checking.initVerify(known);
    checking.update(WORD);
    return checking.verify(signed);
  }

  private static String signature(String kind) {
    return switch (kind) {
      case "RSA" -> "SHA256withRSA";
      case "EC" -> "SHA256withECDSA";
      default -> kind;
    };
  }
}

package dev.leat.gateway;

import java.nio.file.Path;

/**
 * What a listener proves itself with.
 *
 * @param certificate PEM file of the certificate, those that signed it behind it
 * @param key PEM file of its private key, PKCS 8 or PKCS 1
 */
public record Tls(Path certificate, Path key) {}

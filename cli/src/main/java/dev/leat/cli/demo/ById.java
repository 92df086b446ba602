package dev.leat.cli.demo;

/** Asks for one of a kind. */
record ById(String id) {}

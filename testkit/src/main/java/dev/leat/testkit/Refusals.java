package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Unsupported;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;

/** What a broker lacks is refused by name, never left out in silence. */
final class Refusals {
  private Refusals() {}

  /** Whether it can; if not, that it says so where it is required. */
  static boolean offers(Broker broker, Capability capability) {
    if (broker.capabilities().contains(capability)) {
      broker.require(capability);
      return true;
    }
    assertThatThrownBy(() -> broker.require(capability))
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining(capability.name());
    return false;
  }

  /** Whether it can; if not, that what needs it fails, at once or when it is waited for. */
  static boolean offers(Broker broker, Capability capability, Callable<?> attempt) {
    if (offers(broker, capability)) {
      return true;
    }
    assertThatThrownBy(
            () -> {
              Object begun = attempt.call();
              if (begun instanceof CompletionStage<?> stage) {
                result(stage);
              }
            })
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining(capability.name());
    return false;
  }
}

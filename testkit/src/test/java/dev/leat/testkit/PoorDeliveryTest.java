package dev.leat.testkit;

/** Workers on a broker that can do little. */
class PoorDeliveryTest extends DeliveryContract {
  @Override
  protected String url() {
    return "poor:";
  }
}

package dev.leat.testkit;

class MemoryDeliveryTest extends DeliveryContract {
  @Override
  protected String url() {
    return "memory:";
  }
}

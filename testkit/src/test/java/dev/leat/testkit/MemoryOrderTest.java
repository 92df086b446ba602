package dev.leat.testkit;

/** Order by key in one process. */
class MemoryOrderTest extends OrderContract {
  @Override
  protected String url() {
    return "memory:";
  }
}

package dev.leat.gateway.admission;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AdmissionTest {
  @Test
  void who_is_told_when_to_come_again_is_not_told_too_soon() {
    assertThat(Admission.secondsToWait(1)).isEqualTo(1);
    assertThat(Admission.secondsToWait(1_000)).isEqualTo(1);
    assertThat(Admission.secondsToWait(1_001)).isEqualTo(2);
    assertThat(Admission.secondsToWait(2_500)).isEqualTo(3);
  }
}

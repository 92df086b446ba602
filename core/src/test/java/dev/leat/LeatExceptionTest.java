package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LeatExceptionTest {
  @Test
  void every_kind_of_error_is_final_so_that_the_tree_is_closed() {
    assertThat(Arrays.asList(LeatException.class.getPermittedSubclasses()))
        .isNotEmpty()
        .allSatisfy(
            kind -> assertThat(java.lang.reflect.Modifier.isFinal(kind.getModifiers())).isTrue());
  }

  @Test
  void a_handlers_problem_says_whether_sender_or_handler_must_move() {
    LeatException notFound = new HandlerFailed(Problem.of(404, "Not Found", "no user 7"));
    LeatException broken = new HandlerFailed(Problem.of(500, "Handler failed", ""));

    assertThat(notFound).hasMessage("404 Not Found: no user 7");
    assertThat(notFound.remedy()).isEqualTo(Remedy.FIX_REQUEST);
    assertThat(broken.remedy()).isEqualTo(Remedy.FIX_HANDLER);
  }
}

package dev.leat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OutputTest {
  private final StringWriter errors = new StringWriter();

  @Test
  void what_was_written_is_utf_8_and_the_exit_code_stays() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Output output = new Output(bytes);
    output.writer().println("gr\u00fc\u00dfe");

    assertThat(output.ended(0, new PrintWriter(errors))).isZero();
    assertThat(output.ended(2, new PrintWriter(errors))).isEqualTo(2);
    assertThat(bytes.toString(StandardCharsets.UTF_8)).startsWith("gr\u00fc\u00dfe");
    assertThat(errors.toString()).isEmpty();
  }

  @Test
  void a_full_disk_is_a_failure_that_says_so() {
    Output output = new Output(failing("No space left on device"));
    output.writer().println("1");

    assertThat(output.ended(0, new PrintWriter(errors))).isEqualTo(1);
    assertThat(errors.toString().strip())
        .isEqualTo("leat: the output could not be written: No space left on device");
  }

  @Test
  void a_closed_pipe_is_none() {
    Output output = new Output(failing("Broken pipe"));
    output.writer().println("1");

    assertThat(output.writer().checkError()).isTrue();
    assertThat(output.ended(0, new PrintWriter(errors))).isZero();
    assertThat(errors.toString()).isEmpty();
  }

  private static OutputStream failing(String cause) {
    return new OutputStream() {
      @Override
      public void write(int sign) throws IOException {
        throw new IOException(cause);
      }
    };
  }
}

package dev.leat.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.EventLoop;
import dev.leat.testkit.BrokerContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract on the server that most will have, by the commands alone that documents name. */
class RedisContractTest extends BrokerContract {
  private static final Path DOCUMENT = Path.of("..", "..", "docs", "brokers.md");
  private static final Pattern COMMAND = Pattern.compile("(?<= )\\+[a-z|]+(?= |$)");
  private static final RedisServerProcess REDIS =
      RedisServerProcess.shared(RedisServerProcess.CURRENT);

  @BeforeAll
  static void makeUser() throws IOException {
    try (RedisClient client = new RedisClient(REDIS.port())) {
      client.send(
          Command.of("ACL", "SETUSER", "contract", "on", ">s3cret", "~*", "-@all")
              .and(
                  Files.readAllLines(DOCUMENT).stream()
                      .filter(line -> line.startsWith("user "))
                      .flatMap(line -> COMMAND.matcher(line).results().map(MatchResult::group))
                      .distinct()
                      .toArray(String[]::new)));
    }
  }

  @AfterAll
  static void nothingElseWasAskedFor() {
    try (RedisClient client = new RedisClient(REDIS.port())) {
      assertThat(client.refusals()).noneMatch(refusal -> refusal.contains("contract"));
    }
  }

  @Override
  protected Broker open(EventLoop loop) {
    return Brokers.open(REDIS.url().replace("//", "//contract:s3cret@"), loop);
  }
}

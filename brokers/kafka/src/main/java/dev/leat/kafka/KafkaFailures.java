package dev.leat.kafka;

import dev.leat.BadConfiguration;
import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.LeatException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicAuthorizationException;

/** What Kafka's clients throw, as one sentence of ours. */
final class KafkaFailures {
  private static final Pattern CONFIGURATION = Pattern.compile("configuration ([a-z0-9.]+)");

  private static final Pattern DOTTED = Pattern.compile("[a-z]+([.][a-z]+)+");

  private KafkaFailures() {}

  /** Of a future of Kafka. */
  static <T> CompletionStage<T> stage(KafkaFuture<T> asked) {
    return asked
        .toCompletionStage()
        .exceptionallyCompose(failure -> CompletableFuture.failedStage(of(failure)));
  }

  static LeatException of(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof LeatException known) {
      return known;
    }
    if (cause instanceof ConfigException wrong) {
      return new BadConfiguration(sentence(wrong));
    }
    if (cause instanceof KafkaException && cause.getCause() instanceof ConfigException wrong) {
      return new BadConfiguration(sentence(wrong));
    }
    if (cause instanceof InvalidTopicException) {
      return new BadMessage("it names a stream that cannot be one of Kafka's", cause);
    }
    if (cause instanceof RecordTooLargeException) {
      return new BadMessage(
          "a message is larger than this Kafka takes: message.max.bytes and kafka.max.request.size make it more",
          cause);
    }
    if (cause instanceof TopicAuthorizationException topics
        && !topics.unauthorizedTopics().isEmpty()) {
      return new BrokerUnavailable(
          "Kafka does not allow what is asked of topic "
              + String.join(", ", topics.unauthorizedTopics()),
          cause);
    }
    if (cause instanceof GroupAuthorizationException group) {
      return new BrokerUnavailable(
          "Kafka does not allow what is asked of group " + group.groupId(), cause);
    }
    if (cause instanceof AuthorizationException) {
      return new BrokerUnavailable("Kafka does not allow it: " + cause.getMessage(), cause);
    }
    if (cause instanceof AuthenticationException) {
      return new BrokerUnavailable("Kafka does not let us in: " + cause.getMessage(), cause);
    }
    return new BrokerUnavailable("Kafka does not answer: " + cause.getMessage(), cause);
  }

  /** Without the value, and the cause, which quotes it: it may be a secret. */
  private static String sentence(ConfigException wrong) {
    String message = String.valueOf(wrong.getMessage());
    Matcher configuration = CONFIGURATION.matcher(message);
    Optional<String> name =
        configuration.find()
            ? Optional.of(configuration.group(1))
            : DOTTED
                .matcher(message)
                .results()
                .map(MatchResult::group)
                .filter(ConsumerConfig.configNames()::contains)
                .findFirst();
    return name.isPresent()
        ? "'kafka.%s' is not as Kafka's clients take it".formatted(name.get())
        : "a property of Kafka's clients (kafka.NAME) is not as they take it, or one is missing";
  }
}

package dev.leat.worker;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Request;
import dev.leat.Topic;
import dev.leat.broker.Append;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Answers in parts that handlers of this process are writing, and who hears how far their readers
 * are. Any thread.
 */
public final class SentParts {
  private final Function<Topic, CompletionStage<String>> address;
  private final Function<Append, CompletionStage<?>> append;
  private final Map<String, AnswerParts> writing = new ConcurrentHashMap<>();

  /**
   * None yet.
   *
   * @param address where what readers say of a topic's parts comes in, which goes to {@link
   *     #onReceived}
   * @param append sends parts, in order
   */
  public SentParts(
      Function<Topic, CompletionStage<String>> address,
      Function<Append, CompletionStage<?>> append) {
    this.address = address;
    this.append = append;
  }

  /** Whether it was a reader's word on an answer that is written here. */
  public boolean onReceived(Message said) {
    AnswerParts parts = writing.get(said.id());
    return parts != null
        && said.headers().get(Headers.RECEIVED).filter(parts::onReceived).isPresent();
  }

  /** An answer that is to be written; to be {@link #ended}. */
  AnswerParts begin(Request request, Topic topic, String source, long largest) {
    String credit = address.apply(topic).toCompletableFuture().join();
    AnswerParts parts = new AnswerParts(request, source, credit, largest, append);
    writing.put(request.id(), parts);
    return parts;
  }

  void ended(Request request, AnswerParts parts) {
    writing.remove(request.id(), parts);
  }
}

package dev.leat;

/**
 * Why a request has no ordinary answer, in the shape of RFC 9457. Everything in it may be read by
 * strangers.
 *
 * @param type a URI for the kind of problem; {@code about:blank} where the status says it all
 * @param title the kind of problem in a few words, the same for every occurrence
 * @param status the HTTP status it is shown with, 400 to 599
 * @param detail what happened this time and what can be done about it; may be empty
 * @param id id of the message concerned; may be empty
 */
public record Problem(String type, String title, int status, String detail, String id) {

  /** Refuses a status that does not stand for a failure. */
  public Problem {
    if (status < 400 || status > 599) {
      throw new IllegalArgumentException("a problem's status is 400 to 599, was " + status);
    }
  }

  /** A problem that its status says all about. */
  public static Problem of(int status, String title, String detail) {
    return new Problem("about:blank", title, status, detail, "");
  }

  /** The same problem, of this message. */
  public Problem withId(String messageId) {
    return new Problem(type, title, status, detail, messageId);
  }
}

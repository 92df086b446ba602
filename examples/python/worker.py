#!/usr/bin/env python3
"""A worker of the standard library alone: python3 worker.py PORT [LEASE_MILLISECONDS]"""
import json, os, socket, sys

STREAM, GROUP, MEMBER = "greetings::DEFAULT::CONSUMER_INCOMING", "workers", f"python-{os.getpid()}"
DEAD_LETTERS = "greetings::DEFAULT::DEAD_LETTERS"
LEASE = sys.argv[2] if len(sys.argv) > 2 else "30000"


class Redis:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.answers = self.socket.makefile("rb")

    def ask(self, *commands):
        """Sends commands in one write and returns the answer to the last."""
        out = b""
        for words in commands:
            words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
            out += b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)
        self.socket.sendall(out)
        return [self.read() for _ in commands][-1]

    def read(self):
        line = self.answers.readline()
        kind, rest = line[:1], line[1:-2]
        if kind in (b"-", b""):
            raise ConnectionError(rest.decode() or "the server is gone")
        if kind in (b"+", b":"):
            return rest
        if int(rest) < 0:
            return None
        if kind == b"$":
            return self.answers.read(int(rest) + 2)[:-2]
        return [self.read() for _ in range(int(rest))]


def greet(payload):
    return {"text": f"hello {payload['name']}", "by": "python"}


HANDLERS = {"greeting.make": greet, "greeting.announce": greet}

# What is sent together with a reply: to which topic, and of which type.
SENDS = {"greeting.announce": ("announcements", "greeting.made")}


def answer(redis, entry, strings):
    """Handles one message; its reply and its acknowledgement are one transaction."""
    done = [("XACK", STREAM, GROUP, entry)]
    try:
        # The eight strings of an entry mean what their position says; names carry data too.
        id, type, reply_to, headers, _, _, _, payload = strings
        headers = json.loads(headers) if headers not in (b"", b"nil") else {}
    except ValueError as broken:
        raw = json.dumps([string.decode(errors="replace") for string in strings])
        head = json.dumps({"dead.cause": "Entry breaks the protocol", "dead.detail": str(broken)})
        letter = (entry, "", "", head, "json", MEMBER, "UnoccupiedField", raw)
        redis.ask(("MULTI",), ("XADD", DEAD_LETTERS, "*", *letter), *done, ("EXEC",))
        return
    # Deadlines are by the server's clock, which everybody can ask for.
    in_time = float(headers.get("deadline", "inf")) > int(redis.ask(("TIME",))[0]) * 1000
    if in_time and headers.get("group", GROUP) == GROUP:
        try:
            reply, head = HANDLERS[type.decode()](json.loads(payload)), "nil"
            if type.decode() in SENDS:
                topic, kind = SENDS[type.decode()]
                # It says what it was caused by, and is a part of the same trace.
                own = {"cause": id.decode()} | {n: v for n, v in headers.items() if n.startswith("trace")}
                sent = (id + b".0", kind, "", json.dumps(own), "json", MEMBER, "UnoccupiedField", json.dumps(reply))
                done.insert(0, ("XADD", f"{topic}::DEFAULT::CONSUMER_INCOMING", "*", *sent))
        except Exception as failure:
            print(f"message={id.decode()} failed: {failure!r}", file=sys.stderr)
            reply, head = {"title": "Handler failed", "status": 500}, '{"status":"500","error":"true"}'
        if reply_to:
            strings = (id, "resp", "", head, "json", MEMBER, "UnoccupiedField", json.dumps(reply))
            # The stream of a caller that has gone must not be made again.
            there = ("NOMKSTREAM",) if b"::replies#" in reply_to else ()
            done.insert(0, ("XADD", reply_to, *there, "*", *strings))
    redis.ask(("MULTI",), *done, ("EXEC",))


def work(redis):
    try:
        redis.ask(("XGROUP", "CREATE", STREAM, GROUP, "0", "MKSTREAM"))
    except ConnectionError as there:
        if "BUSYGROUP" not in str(there):
            raise
    if redis.ask(("EXISTS", f"greetings::DEFAULT::ORDER::{GROUP}")) != b"0":
        sys.exit("the group keeps order by key, which this worker does not know how to")
    while True:
        group = ("GROUP", GROUP, MEMBER)
        new = redis.ask(("XREADGROUP", *group, "COUNT", 64, "BLOCK", 1000, "STREAMS", STREAM, ">"))
        # What a member that died has held for longer than a lease is ours now.
        lost = redis.ask(("XAUTOCLAIM", STREAM, GROUP, MEMBER, LEASE, "0-0", "COUNT", 64))[1]
        for entry, strings in (new[0][1] if new else []) + lost:
            answer(redis, entry, strings)


if __name__ == "__main__":
    work(Redis(int(sys.argv[1])))

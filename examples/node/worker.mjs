#!/usr/bin/env node
// A worker of Node's own modules alone: node worker.mjs PORT [LEASE_MILLISECONDS]
import { connect } from "node:net";

const [port, lease = "30000"] = process.argv.slice(2);
const [stream, group, member] = ["greetings::DEFAULT::CONSUMER_INCOMING", "workers", `node-${process.pid}`];
const deadLetters = "greetings::DEFAULT::DEAD_LETTERS";
const socket = connect(Number(port), "127.0.0.1").setNoDelay();
const chunks = socket[Symbol.asyncIterator]();
let unread = Buffer.alloc(0);

async function take(length) {
  while (unread.length < length()) {
    const { value, done } = await chunks.next();
    if (done) throw new Error("the server is gone");
    unread = Buffer.concat([unread, value]);
  }
  const taken = unread.subarray(0, length());
  unread = unread.subarray(taken.length);
  return taken;
}

async function read() {
  const line = await take(() => (unread.includes("\r\n") ? unread.indexOf("\r\n") + 2 : Infinity));
  const [kind, rest] = [String.fromCharCode(line[0]), line.subarray(1, -2).toString()];
  if (kind === "-") throw new Error(rest);
  if (kind === "+" || kind === ":") return rest;
  if (Number(rest) < 0) return null;
  if (kind === "$") return (await take(() => Number(rest) + 2)).subarray(0, -2).toString();
  const items = [];
  while (items.length < Number(rest)) items.push(await read());
  return items;
}

/** Sends commands in one write and returns the answer to the last. */
async function ask(...commands) {
  const word = (w) => `$${Buffer.byteLength(w)}\r\n${w}\r\n`;
  socket.write(commands.map((words) => `*${words.length}\r\n${words.map(word).join("")}`).join(""));
  let answer;
  for (const _ of commands) answer = await read();
  return answer;
}

const handlers = { "greeting.make": ({ name }) => ({ text: `hello ${name}`, by: "node" }) };

/** Handles one message; its reply and its acknowledgement are one transaction. */
async function answer(entry, strings) {
  // The eight strings of an entry mean what their position says; names carry data too.
  const [id, type, replyTo, head, , , , payload] = strings;
  const done = [["XACK", stream, group, entry]];
  let headers = {};
  try {
    if (strings.length !== 8) throw new Error(`an entry has 8 strings, this one has ${strings.length}`);
    if (head !== "" && head !== "nil") headers = JSON.parse(head);
  } catch (broken) {
    const cause = { "dead.cause": "Entry breaks the protocol", "dead.detail": broken.message };
    const raw = [JSON.stringify(cause), "json", member, "UnoccupiedField", JSON.stringify(strings)];
    await ask(["MULTI"], ["XADD", deadLetters, "*", entry, "", "", ...raw], ...done, ["EXEC"]);
    return;
  }
  // Deadlines are by the server's clock, which everybody can ask for.
  const [seconds] = await ask(["TIME"]);
  const inTime = Number(headers.deadline ?? Infinity) > seconds * 1000;
  if (inTime && (headers.group ?? group) === group) {
    let reply, replyHead = "nil";
    try {
      reply = await handlers[type](JSON.parse(payload));
    } catch (failure) {
      console.error(`message=${id} failed:`, failure);
      [reply, replyHead] = [{ title: "Handler failed", status: 500 }, '{"status":"500","error":"true"}'];
    }
    const sent = [id, "resp", "", replyHead, "json", member, "UnoccupiedField", JSON.stringify(reply)];
    // The stream of a caller that has gone must not be made again.
    const there = replyTo.includes("::replies#") ? ["NOMKSTREAM"] : [];
    if (replyTo) done.unshift(["XADD", replyTo, ...there, "*", ...sent]);
  }
  await ask(["MULTI"], ...done, ["EXEC"]);
}

await ask(["XGROUP", "CREATE", stream, group, "0", "MKSTREAM"]).catch((failure) => {
  if (!failure.message.includes("BUSYGROUP")) throw failure;
});
if ((await ask(["EXISTS", `greetings::DEFAULT::ORDER::${group}`])) !== "0") {
  throw new Error("the group keeps order by key, which this worker does not know how to");
}
for (;;) {
  const batch = ["XREADGROUP", "GROUP", group, member, "COUNT", "64", "BLOCK", "1000", "STREAMS", stream, ">"];
  const fresh = (await ask(batch))?.[0][1] ?? [];
  // What a member that died has held for longer than a lease is ours now.
  const lost = (await ask(["XAUTOCLAIM", stream, group, member, lease, "0-0", "COUNT", "64"]))[1];
  for (const [entry, strings] of [...fresh, ...lost]) await answer(entry, strings);
}

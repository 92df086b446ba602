-- Appends replies and takes entries off their group, each of them only if the member still holds
-- it: what lapsed and went to another leaves nothing behind.
--
-- KEYS  stream, delayed, entries by key; then for each completion the stream of each append, and of
--       each note the key and the store
-- ARGV  group, member, bytes that the notes of a store may take, then for each completion: id; attempt, or an empty string where its lease is
--       so new that nobody else can have it, so that to acknowledge it tells enough; its place in
--       the order, empty where there is none; number of appends, and for each append: 1 if its stream must be there already, number of strings,
--       the strings; then number of notes, and for each note: milliseconds to keep it, or 0 to
--       forget it if it has this id and type, number of strings, the strings
-- gives for each completion 1, 0 where another has it or may have it, -1 where nobody has it, or why one of its
--       appends could not be made though it is done: the stream's key holds something else; then how
--       many notes were forgotten before their time
local stream, delayed, order = KEYS[1], KEYS[2], KEYS[3]
local group, member, most = ARGV[1], ARGV[2], tonumber(ARGV[3])

local results = {}
local early = 0
local key, at, last = 4, 4, #ARGV
while at <= last do
  local id, attempt, place, appends = ARGV[at], ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3])
  local mine, failure, other = true
  if attempt ~= '' then
    local answer = redis.pcall('XPENDING', stream, group, id, id, 1)
    local pending = not answer.err and answer[1]
    mine = pending and pending[2] == member and pending[4] == tonumber(attempt)
    -- Where the group has vanished, nobody knows.
    other = answer.err or (pending and not mine)
  end
  -- First taken off, then appended: a server out of memory refuses a script's first write if that
  -- needs memory, and would never be drained. What it has begun it does to the end.
  mine = mine and redis.call('XACK', stream, group, id) == 1
  if mine and place ~= '' then
    redis.call('ZREM', order, place)
    callNext(stream, group, order, delayed, lineOf(place))
  end
  at = at + 4
  for _ = 1, appends do
    local to = at + 1 + ARGV[at + 1]
    if mine then
      local added
      if ARGV[at] == '1' then
        added = redis.pcall('XADD', KEYS[key], 'NOMKSTREAM', '*', unpack(ARGV, at + 2, to))
      else
        added = redis.pcall('XADD', KEYS[key], '*', unpack(ARGV, at + 2, to))
      end
      failure = type(added) == 'table' and added.err or failure
    end
    key = key + 1
    at = to + 1
  end
  local notes = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, notes do
    local to = at + 1 + ARGV[at + 1]
    if mine and ARGV[at] ~= '0' then
      -- What is done is done, and is told so, whatever stands where the notes should.
      local kept, said = pcall(keep, KEYS[key + 1], KEYS[key], ARGV[at], most, {unpack(ARGV, at + 2, to)})
      early = early + (kept and said or 0)
      failure = failure or (not kept and (type(said) == 'table' and said.err or tostring(said))) or nil
    elseif mine and redis.call('LINDEX', KEYS[key], 0) == ARGV[at + 2]
        and redis.call('LINDEX', KEYS[key], 1) == ARGV[at + 3] then
      forget(KEYS[key + 1], KEYS[key])
    end
    key = key + 2
    at = to + 1
  end
  results[#results + 1] = failure or (mine and 1) or (other and 0) or -1
end
results[#results + 1] = early
return results

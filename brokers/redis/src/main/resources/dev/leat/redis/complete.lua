-- Appends replies and takes entries off their group, each of them only if the member still holds
-- it: what lapsed and went to another leaves nothing behind.
--
-- KEYS  stream, then for each completion the stream of each append and the key of each note
-- ARGV  group, member, lowest id, highest id, then for each completion: id, attempt, number of
--       appends, and for each append: 1 if its stream must be there already, number of strings,
--       the strings; then number of notes, and for each note: milliseconds to keep it, or 0 to
--       forget it if it has this id and type, number of strings, the strings
-- gives for each completion 1, 0 where it is not held any more, or why one of its appends could not
--       be made though it is done: the stream's key holds something else
local stream, group, member, lowest, highest = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local attempts = {}
-- One look at them all costs less than one at each; those that it misses are looked at below.
local pending = redis.pcall('XPENDING', stream, group, lowest, highest, 1000, member)
local vanished = pending.err ~= nil
if not vanished then
  for _, entry in ipairs(pending) do
    attempts[entry[1]] = entry[4]
  end
end

local function holds(id, attempt)
  local now = attempts[id]
  if not now and not vanished and #pending == 1000 then
    local entry = redis.call('XPENDING', stream, group, id, id, 1, member)[1]
    now = entry and entry[4]
  end
  return now == attempt
end

-- First taken off, then appended: a server out of memory refuses a script's first write if that
-- needs memory, and would never be drained. What it has begun it does to the end.
local ended, held = {}, {}
local at, last = 5, #ARGV
while at <= last do
  local id = ARGV[at]
  if holds(id, tonumber(ARGV[at + 1])) then
    ended[#ended + 1] = id
    held[at] = true
    attempts[id] = nil
  end
  local appends = tonumber(ARGV[at + 2])
  at = at + 3
  for _ = 1, appends do
    at = at + 2 + ARGV[at + 1]
  end
  local notes = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, notes do
    at = at + 2 + ARGV[at + 1]
  end
end
if #ended > 0 then
  redis.call('XACK', stream, group, unpack(ended))
end

local results = {}
local key = 2
at = 5
while at <= last do
  local mine, appends, failure = held[at], tonumber(ARGV[at + 2])
  at = at + 3
  for _ = 1, appends do
    local strings = tonumber(ARGV[at + 1])
    if mine then
      local added
      if ARGV[at] == '1' then
        added = redis.pcall('XADD', KEYS[key], 'NOMKSTREAM', '*', unpack(ARGV, at + 2, at + 1 + strings))
      else
        added = redis.pcall('XADD', KEYS[key], '*', unpack(ARGV, at + 2, at + 1 + strings))
      end
      if type(added) == 'table' and added.err then
        failure = added.err
      end
    end
    key = key + 1
    at = at + 2 + strings
  end
  local notes = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, notes do
    local strings = tonumber(ARGV[at + 1])
    if mine and ARGV[at] ~= '0' then
      redis.call('DEL', KEYS[key])
      redis.call('RPUSH', KEYS[key], unpack(ARGV, at + 2, at + 1 + strings))
      redis.call('PEXPIRE', KEYS[key], ARGV[at])
    elseif mine and redis.call('LINDEX', KEYS[key], 0) == ARGV[at + 2]
        and redis.call('LINDEX', KEYS[key], 1) == ARGV[at + 3] then
      redis.call('DEL', KEYS[key])
    end
    key = key + 1
    at = at + 2 + strings
  end
  results[#results + 1] = failure or (mine and 1 or 0)
end
return results

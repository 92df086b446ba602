-- What scripts share that keep order by key. An entry's place is the digest of what it is about,
-- then its id: lines are as long for every key, and within one the first in the alphabet is the
-- oldest entry.
local waiting = '(waiting)'

local function placeOf(line, id)
  return line .. padded(id)
end

local function idOf(place)
  local ms, count = string.match(place, '0*(%d+)-0*(%d+)', 41)
  return ms .. '-' .. count
end

local function lineOf(place)
  return string.sub(place, 1, 40)
end

-- Fails where the group has vanished: then nothing is known of who has what.
local function pendingIn(stream, group, id)
  return redis.call('XPENDING', stream, group, id, id, 1)[1]
end

-- Who stands first in a line. What was taken off the group past the scripts leaves its place.
local function firstIn(stream, group, order, line)
  while true do
    local place = redis.call('ZRANGEBYLEX', order, '[' .. line .. '0', '(' .. line .. ':', 'LIMIT', 0, 1)[1]
    if not place then
      return nil
    end
    local pending = pendingIn(stream, group, idOf(place))
    if pending then
      return pending
    end
    redis.call('ZREM', order, place)
  end
end

-- Whoever is first in a line and waits for its turn is due: any member may take it.
local function callNext(stream, group, order, delayed, line)
  local first = firstIn(stream, group, order, line)
  if first and first[2] == waiting then
    local time = redis.call('TIME')
    redis.call('ZADD', delayed, time[1] * 1000 + math.floor(time[2] / 1000), first[1])
  end
end

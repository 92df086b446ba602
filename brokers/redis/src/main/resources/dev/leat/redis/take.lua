-- Hands a member what nobody is at work on: what was released and is due, what others have held for
-- longer than a lease, and what stands under the member's own name though it was lost on its way.
-- Each is handed over once more, and counted so.
--
-- Where the group keeps order by key, also what is new. Of the entries of one key the first is handed
-- over and the rest wait for their turn: in a sorted set by key and id, and pending under a name that
-- is no member's.
--
-- KEYS  stream, delayed, dead letters, and where order is kept the entries by key
-- ARGV  group, member, lease in milliseconds, most to take, id after which to look for what has
--       lapsed or an empty string not to, the server's time beyond which it is not to be believed
--       that it has, most entries to stand in the order, number of strings, the strings of a dead
--       letter with $id and $attempts in them, and the ids that were lost on their way
-- gives the entries, each with its attempt and its place in the order; the ids whose entries are
-- gone; where to look on; in how many milliseconds the next is due, 0 where something is there for
-- which there was no room, or -1; where order is kept the id behind which what is new will stand,
-- '+' where there may be more already, or an empty string where no more is to stand in the order;
-- and the server's time
local stream, delayed, letters, order = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local group, member, lease, most, after = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local believed, longest, strings = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local taken, gone = {}, {}

-- An entry that was deleted while it was pending would be claimed for ever, or vanish unseen.
local function bury(id, attempt)
  local letter = {}
  for i = 1, strings do
    letter[i] = string.gsub(string.gsub(ARGV[8 + i], '$id', id), '$attempts', tostring(attempt))
  end
  redis.call('XACK', stream, group, id)
  redis.call('XADD', letters, '*', unpack(letter))
  gone[#gone + 1] = id
end

-- The header `key` of an entry, by its place in the packed form or by its name in the named one.
local function keyOf(fields)
  local headers = fields[4]
  if #fields ~= 8 then
    headers = ''
    for i = 1, #fields, 2 do
      if fields[i] == 'messageHeaders' then
        headers = fields[i + 1]
      end
    end
  end
  local readable, read = pcall(cjson.decode, headers)
  local key = readable and type(read) == 'table' and read['key']
  if type(key) == 'number' or type(key) == 'boolean' then
    key = tostring(key)
  end
  return type(key) == 'string' and key ~= '' and key or nil
end

-- Lets an entry that the member holds stand in line. Whether it is its turn, and its place.
local function lineUp(id, fields)
  local key = order and keyOf(fields)
  if not key then
    return true, ''
  end
  local line = redis.sha1hex(key)
  local place = placeOf(line, id)
  redis.call('ZADD', order, 0, place)
  return firstIn(stream, group, order, line)[1] == id, place
end

local function take(id, attempt)
  local entry = redis.call('XRANGE', stream, id, id)[1]
  if not entry then
    return bury(id, attempt)
  end
  -- First of all what a server out of memory has room for; then it has for the rest.
  redis.call('XCLAIM', stream, group, member, 0, id, 'JUSTID', 'RETRYCOUNT', attempt + 1)
  local turn, place = lineUp(id, entry[2])
  if turn then
    taken[#taken + 1] = {id, entry[2], attempt + 1, place}
  else
    redis.call('XCLAIM', stream, group, waiting, 0, id, 'JUSTID', 'RETRYCOUNT', attempt)
  end
end

for at = 9 + strings, #ARGV do
  local pending = redis.call('XPENDING', stream, group, ARGV[at], ARGV[at], 1, member)[1]
  if pending and not redis.call('ZSCORE', delayed, ARGV[at]) then
    take(ARGV[at], pending[4])
  end
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'LIMIT', 0, math.max(0, most - #taken))) do
  -- Fails before anything has changed, should the group have vanished.
  local pending = pendingIn(stream, group, id)
  redis.call('ZREM', delayed, id)
  if pending then
    take(id, pending[4])
  end
end

-- What has lapsed, some pages at a time, whatever the room; where there is none it is only seen
-- whether there is something. What is delayed has its time; what waits for its turn is called, and
-- is looked at only for the case that nobody is left who would.
local owed, looked = false, 0
while after ~= '' and now <= believed and looked < 2000 and (most == 0 and not owed or #taken < most) do
  local lapsed = redis.call('XPENDING', stream, group, 'IDLE', lease, after, '+', 500)
  for _, pending in ipairs(lapsed) do
    local id, holder, idle = pending[1], pending[2], pending[3]
    if (holder ~= waiting or idle > 60000) and not redis.call('ZSCORE', delayed, id) then
      if #taken == most then
        owed = true
        break
      end
      take(id, pending[4])
    end
    after = '(' .. id
  end
  looked = looked + 500
  if #lapsed < 500 and not owed then
    after = '-'
    break
  end
end

local newest = #taken < most and '' or '+'
if order and #taken < most and redis.call('ZCARD', order) <= longest then
  local room = most - #taken
  local read = redis.call('XREADGROUP', 'GROUP', group, member, 'COUNT', room, 'STREAMS', stream, '>')
  local entries = read and read[1][2] or {}
  for _, entry in ipairs(entries) do
    local turn, place = lineUp(entry[1], entry[2])
    if turn then
      taken[#taken + 1] = {entry[1], entry[2], 1, place}
    else
      redis.call('XCLAIM', stream, group, waiting, 0, entry[1], 'JUSTID', 'RETRYCOUNT', 0)
    end
    newest = entry[1]
  end
  if #entries == room then
    newest = '+'
  elseif #entries == 0 then
    for _, info in ipairs(groupsOf(stream)) do
      if info.name == group then
        newest = info['last-delivered-id']
      end
    end
  end
end

local due = -1
local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
if first[2] then
  due = math.max(0, first[2] - now)
end
due = owed and 0 or due
return {taken, gone, after, due, newest, now}

-- Removes what is done with and was kept for long enough, by age and by bytes, but never what a group
-- has not completed or not been handed: whichever groups there are in the moment in which it is done.
--
-- Has the server write down how many entries each group was handed. By itself it tells its log and
-- its replicas of the last one alone, and after a restart what was handed over seems to wait.
--
-- KEYS  stream; which janitor looks after it; where a retention of this topic's own may be said; how many
--       entries each group was handed, with which run of the server
-- ARGV  id from which on nothing goes, or nothing where that is for the groups to say; where there is
--       no group at all, how many entries to keep, -1 for all, or -2 to go by age and bytes; milliseconds
--       that entries are kept; bytes that they may take, and which part of the server's memory at most;
--       who asks, or nothing for one that is no janitor; the id below which all groups had completed
--       everything when this was done before; then the name of each group and the id of what it was
--       handed last, as far as that is written down already
-- gives how many were removed; the id below which all groups have completed everything, '0-0' where
-- there is none; then the name of each group and the id of what it was handed last
local stream, cap, keep, age = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local largest, part, janitor, before = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], ARGV[7]
local own = redis.pcall('GET', KEYS[3])
if type(own) == 'string' and string.match(own, '^%d+ %d+$') then
  age, largest = string.match(own, '(%d+) (%d+)')
  age, largest = tonumber(age), tonumber(largest)
end
local written = {}
for i = 8, #ARGV, 2 do
  written[ARGV[i]] = ARGV[i + 1]
end

-- A server that is out of memory does not take it down, and is trimmed by whoever comes.
local function isMine()
  local owner = janitor ~= '' and redis.call('GET', KEYS[2])
  if owner and owner ~= janitor then
    return false
  end
  if janitor ~= '' then
    redis.pcall('SET', KEYS[2], janitor, 'PX', 4000)
  end
  return true
end

-- To ask what a long stream takes costs the server something: whose turn it is does so alone.
local length = redis.call('XLEN', stream)
local mine = length <= 5000 or isMine()

-- One stream may have a part of the memory, and nothing that is done with where three quarters are
-- used: the rest is for what is to be completed. Who may not ask takes each entry for 1,000 bytes. All of it is
-- looked at, since the size of the first entries says nothing of the others.
local function sizeNow(length)
  local size = redis.pcall('MEMORY', 'USAGE', stream, 'SAMPLES', 0)
  return type(size) == 'number' and size or size and 1000 * length or 0
end
local memory = mine and redis.pcall('INFO', 'memory')
local most = type(memory) == 'string' and tonumber(string.match(memory, '\nmaxmemory:(%d+)')) or 0
local used = most > 0 and tonumber(string.match(memory, '\nused_memory:(%d+)')) or 0
local tight = used > 0.75 * most
if most > 0 then
  largest = math.min(largest, most / part)
end
local size = mine and sizeNow(length) or 0

local total, groups = length, groupsOf(stream)
-- Nobody reads it and nothing is to be left: not even its name.
if #groups == 0 and keep == 0 then
  redis.call('UNLINK', stream)
  return {length, '0-0'}
end
if cap == '0-0' or (#groups == 0 and (keep == -1 or length == 0)) then
  return {0, '0-0'}
end
if #groups == 0 and keep >= 0 then
  if size > largest then
    keep = math.min(keep, math.max(1, math.floor(length * largest / size)))
  end
  return {redis.call('XTRIM', stream, 'MAXLEN', '=', keep), '0-0'}
end

-- Where the sequence is too large to count on, the last one itself is left.
local function after(id)
  local ms, count = string.match(id, '(%d+)-(%d+)')
  return #count > 15 and id or string.format('%s-%.0f', ms, count + 1)
end

-- Servers before 7.0 do not count. What was trimmed by others was handed to nobody, and is no backlog.
local run
local function writeDown(group, info)
  local last, count = group['last-delivered-id'], group['entries-read']
  if count == nil then
    return
  end
  run = run or runOf()
  local known = redis.pcall('HGET', KEYS[4], group.name)
  known = type(known) == 'string' and known or ''
  local right = last == info['last-generated-id'] and info['entries-added']
      or handedAfterRestart(stream, group, known, run) or count
  if info['first-entry'] and padded(last) < padded(info['first-entry'][1]) then
    right = info['entries-added'] - length
  end
  if right and (right ~= count or written[group.name] ~= last) then
    redis.pcall('XGROUP', 'SETID', stream, group.name, last, 'ENTRIESREAD', right)
  end
  local now = run .. ' ' .. last .. ' ' .. string.format('%.0f', right or 0)
  if right and run ~= '' and now ~= known then
    redis.pcall('HSET', KEYS[4], group.name, now)
  end
end

local info = named(redis.call('XINFO', 'STREAM', stream))
local floor = cap ~= '' and cap or nil
local said = {0, '0-0'}
for _, group in ipairs(groups) do
  local last = group['last-delivered-id']
  local own = after(last)
  if group.pending > 0 then
    -- Somebody may have set it back, to have all of it again.
    local oldest = redis.call('XPENDING', stream, group.name)[2]
    own = padded(oldest) < padded(own) and oldest or own
  end
  if not floor or padded(own) < padded(floor) then
    floor = own
  end
  said[#said + 1] = group.name
  said[#said + 1] = last
  writeDown(group, info)
end
-- Of what no group reads the latest stays.
floor = floor or info['last-entry'][1]
said[2] = floor

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local horizon = string.format('%.0f-0', math.max(0, now - age))
-- Where memory is short nothing is kept of what is done with; dead letters wait for somebody.
local gone = tight and (#groups > 0 or cap ~= '')
if age == 0 or gone then
  horizon = '18446744073709551615-0'
end
local old = padded(horizon) < padded(floor) and horizon or floor

-- The oldest of what takes too much, some at a time: whole nodes of the server, which costs little.
-- Where fewer go than the first of them has, it is small.
local function removeOldest(many)
  local removed = redis.call('XTRIM', stream, 'MINID', '~', floor, 'LIMIT', many)
  if removed == 0 and many < 1000 and floor ~= '0-0' then
    local some = redis.call('XRANGE', stream, '-', '(' .. floor, 'COUNT', many)
    if #some > 0 then
      removed = redis.call('XTRIM', stream, 'MINID', '=', after(some[#some][1]))
    end
  end
  return removed
end

-- What waits for long keeps nothing that came after it: of what all groups had been handed when this
-- was done before, that goes which none of them has, as far as it is old enough, or so many of it. Gives
-- how many went. Between what is needed, in some places, some megabytes at a time: others wait
-- meanwhile, and what is left goes the next times.
local function removeBetween(from, many)
  local upTo, pending = nil, 0
  for _, group in ipairs(groups) do
    local last = written[group.name]
    if not last then
      return 0
    end
    -- Somebody may have set it back, to have all of it again.
    if padded(group['last-delivered-id']) < padded(last) then
      last = group['last-delivered-id']
    end
    upTo = upTo and padded(upTo) < padded(last) and upTo or last
    pending = pending + group.pending
  end
  if not upTo or cap ~= '' or pending > 10000 then
    return 0
  end
  if many == 0 and padded(horizon) < padded(upTo) then
    upTo = horizon
  end
  local needed, idOf = {}, {}
  for _, group in ipairs(groups) do
    for _, one in ipairs(redis.call('XPENDING', stream, group.name, from, upTo, 10000)) do
      local key = padded(one[1])
      if not idOf[key] then
        idOf[key] = one[1]
        needed[#needed + 1] = key
      end
    end
  end
  table.sort(needed)
  local removed, read, count = 0, 0, 10
  for i = 0, math.min(#needed, 500) - 1 do
    -- Most stands behind all that wait; and some may be anywhere.
    local at = i < 250 and #needed - i or (now + i) % #needed + 1
    local to = needed[at + 1] and '(' .. idOf[needed[at + 1]] or upTo
    local entries
    repeat
      entries = redis.call('XRANGE', stream, '(' .. idOf[needed[at]], to, 'COUNT', count)
      local ids, bytes = {}, 0
      for j, entry in ipairs(entries) do
        ids[j] = entry[1]
        for _, field in ipairs(entry[2]) do
          bytes = bytes + #field
        end
      end
      local gone = #ids == 0 and 0 or redis.pcall('XDEL', stream, unpack(ids))
      if type(gone) ~= 'number' then
        return removed
      end
      removed, read = removed + gone, read + bytes
      if read > 8000000 or (many > 0 and removed >= many) then
        return removed
      end
      local last = #entries < count
      if #ids > 0 then
        count = math.max(10, math.min(1000, math.floor(bytes > 100000 and count / 2 or count * 2)))
      end
    until last
  end
  return removed
end

local first = info['first-entry'] and info['first-entry'][1] or floor
local stuck = before == floor and padded(first) < padded(horizon)
if (size > largest or padded(first) < padded(old) or stuck) and mine and isMine() then
  local length = length - redis.call('XTRIM', stream, 'MINID', '=', old)
  size = size > largest and sizeNow(length) or size
  -- The size of the oldest is not known: a few go, and by what that came to so many more.
  local many = size > largest and math.max(1, math.floor(length / 1000)) or 0
  for _ = 1, 8 do
    local gone = many > 0 and removeOldest(many) or 0
    if gone == 0 then
      many = math.ceil(many > 0 and length * (1 - 0.9 * largest / size) / 2 or 0)
      break
    end
    length = length - gone
    local left = sizeNow(length)
    local each = math.max(1, (size - left) / gone)
    size = left
    -- Never so many that all of what comes behind them, and is larger, would go too.
    local most = math.max(1, math.floor(math.min(8 * gone, length / 4)))
    many = size > largest and math.ceil(math.min(most, (size - 0.9 * largest) / each)) or 0
  end
  if before == floor then
    length = length - removeBetween(floor, many)
  end
  said[1] = total - length
end
return said

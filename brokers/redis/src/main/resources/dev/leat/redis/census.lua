-- How the work of a stream stands, all of it at one moment.
--
-- A member of ours says every five seconds that it lives; others are seen as they read.
--
-- KEYS  stream, names of groups that only listen, names of members, how many entries each group was handed
-- ARGV  the name under which stands what waits for its turn; what the key of a group's delayed entries
--       begins with; milliseconds unseen after which a member that says so counts as dead, and any other
-- gives the server's time; the stream's length; how many were ever appended, -1 where the server does not
-- count; the id of the oldest where no group reads it, or an empty string; the id of the newest; then for
-- each group: name; what is pending, and how much of that stands behind what it was handed last; what it
-- was never handed, or -1 where that has to be counted; the id of what it was handed last; what waits for
-- its turn; what is delayed, and what was and is due; the oldest that is pending, the oldest that waits for
-- its turn, and the first that it was never handed, each an id or an empty string; 1 if it only listens;
-- its members, each with its name, what it holds, and 1 if it is there; and 0 where so much is delayed that
-- it is not known what they hold
local stream, listening, names, waiting, prefix = KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2]
local silent, unseen = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local length = redis.call('XLEN', stream)
local groups = groupsOf(stream)
local info = (length > 0 or #groups > 0) and named(redis.call('XINFO', 'STREAM', stream)) or {}
local newest = info['last-generated-id'] or '0-0'
local first = info['first-entry'] and info['first-entry'][1] or ''
local all = {now, length, info['entries-added'] or (next(info) and -1 or 0), #groups == 0 and first or '', newest}

-- To look at an entry is to copy it: once for all groups that have come as far.
local firstBehind = {}
local function unreadBehind(last)
  if padded(last) >= padded(newest) or length == 0 then
    return ''
  end
  if padded(last) < padded(first) then
    return first
  end
  if not firstBehind[last] then
    local one = redis.call('XRANGE', stream, '(' .. last, '+', 'COUNT', 1)[1]
    firstBehind[last] = one and one[1] or ''
  end
  return firstBehind[last]
end

-- What is delayed stands under the name of whoever had it, who has it no more; and what was taken off the
-- group by hand stands there still. Gives how many are due later, and now, and how many of each member's;
-- and no members where these are too many to be looked at.
local function delayedOf(group, delayed)
  if redis.call('ZCOUNT', delayed, '-inf', '+inf') > 5000 then
    local due = redis.call('ZCOUNT', delayed, '-inf', now)
    return redis.call('ZCOUNT', delayed, '(' .. now, '+inf'), due, nil
  end
  local later, due, of = 0, 0, {}
  local found = redis.call('ZRANGEBYSCORE', delayed, '-inf', '+inf', 'WITHSCORES')
  for i = 1, #found, 2 do
    local one = redis.call('XPENDING', stream, group, found[i], found[i], 1)[1]
    if one then
      of[one[2]] = (of[one[2]] or 0) + 1
      if tonumber(found[i + 1]) > now then
        later = later + 1
      else
        due = due + 1
      end
    end
  end
  return later, due, of
end

-- Somebody may have set the group back, to have all of it again: that is pending, and will be handed over.
local function pendingBehind(group, last)
  local count, from = 0, last
  while count < 10000 do
    local page = redis.call('XPENDING', stream, group, '(' .. from, '+', 1000)
    count = count + #page
    if #page < 1000 then
      break
    end
    from = page[#page][1]
  end
  return count
end

local run
for _, group in ipairs(groups) do
  local last, lag = group['last-delivered-id'], group.lag or -1
  local later, due, holds = delayedOf(group.name, prefix .. group.name)
  local members, turns, oldestTurn = {}, 0, ''
  for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group.name)) do
    local consumer = named(flat)
    if consumer.name == waiting then
      turns = consumer.pending
      local oldest = turns > 0 and redis.call('XPENDING', stream, group.name, '-', '+', 1, waiting)[1]
      oldestTurn = oldest and oldest[1] or ''
    else
      local alive = consumer.idle <= unseen and (consumer.idle <= silent
          or redis.call('HEXISTS', names, group.name .. '\0' .. consumer.name) == 0)
      local held = math.max(0, consumer.pending - (holds and holds[consumer.name] or 0))
      if alive or held > 0 then
        members[#members + 1] = {consumer.name, held, alive and 1 or 0}
      end
    end
  end
  local unread = unreadBehind(last)
  if unread == '' then
    lag = 0
  elseif padded(last) < padded(first) then
    -- What was trimmed is no backlog, though the server goes on counting it.
    lag = length
  elseif lag > 0 then
    run = run or runOf()
    local handed = handedAfterRestart(stream, group, redis.call('HGET', KEYS[4], group.name), run)
    lag = handed and info['entries-added'] - handed or lag
  end
  local behind, oldest = 0, ''
  if group.pending > 0 then
    behind = unread ~= '' and pendingBehind(group.name, last) or 0
    oldest = redis.call('XPENDING', stream, group.name)[2] or ''
  end
  local listens = redis.pcall('SISMEMBER', listening, group.name)
  all[#all + 1] = {group.name, group.pending, behind, lag, last, turns, later, due, oldest, oldestTurn, unread,
    listens == 1 and 1 or 0, members, holds and 1 or 0}
end
return all

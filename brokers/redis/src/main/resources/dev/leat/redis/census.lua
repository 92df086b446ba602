-- How the work of a stream stands, all of it at one moment.
--
-- A member of ours says every five seconds that it lives; others are seen as they read.
--
-- KEYS  stream, names of groups that only listen, names of members
-- ARGV  the name under which stands what waits for its turn; what the key of a group's delayed entries
--       begins with; milliseconds unseen after which a member that says so counts as dead, and any other
-- gives the server's time; the stream's length; how many were ever appended, -1 where the server does not
-- count; the id of the oldest where no group reads it, or an empty string; then for each group: name;
-- what is pending; what it was never handed, or -1 where that has to be counted; the id of what it was
-- handed last; what waits for its turn; what is delayed, and what was and is due; the oldest that is
-- pending, the oldest that waits for its turn, and the first that it was never handed, each an id or an
-- empty string; 1 if it only listens; and its members, each with its name, what it holds, and 1 if it is
-- there
local stream, listening, names, waiting, prefix = KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2]
local silent, unseen = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local length = redis.call('XLEN', stream)
local groups = groupsOf(stream)
local all = {now, length, 0, ''}
if length > 0 or #groups > 0 then
  all[3] = named(redis.call('XINFO', 'STREAM', stream))['entries-added'] or -1
end

local function idOfFirst(from)
  local first = redis.call('XRANGE', stream, from, '+', 'COUNT', 1)[1]
  return first and first[1] or ''
end
local first = length > 0 and idOfFirst('-') or ''
if #groups == 0 then
  all[4] = first
end

-- What is delayed stands under the name of whoever had it, who has it no more.
local function delayedOf(group, delayed)
  local of = {}
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', '+inf', 'LIMIT', 0, 1000)) do
    local one = redis.call('XPENDING', stream, group, id, id, 1)[1]
    if one then
      of[one[2]] = (of[one[2]] or 0) + 1
    end
  end
  return of
end

for _, group in ipairs(groups) do
  local delayed = prefix .. group.name
  local due = redis.call('ZCOUNT', delayed, '-inf', now)
  local later = redis.call('ZCOUNT', delayed, '(' .. now, '+inf')
  local holds = due + later > 0 and delayedOf(group.name, delayed) or {}
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
      local held = math.max(0, consumer.pending - (holds[consumer.name] or 0))
      if alive or held > 0 then
        members[#members + 1] = {consumer.name, held, alive and 1 or 0}
      end
    end
  end
  local last, lag = group['last-delivered-id'], group.lag or -1
  local unread = length > 0 and idOfFirst('(' .. last) or ''
  if unread == '' then
    lag = 0
  elseif padded(last) < padded(first) then
    -- What was trimmed is no backlog, though the server goes on counting it.
    lag = length
  end
  local oldest = group.pending > 0 and redis.call('XPENDING', stream, group.name)[2] or ''
  all[#all + 1] = {group.name, group.pending, lag, last, turns, later, due, oldest, oldestTurn, unread,
    redis.call('SISMEMBER', listening, group.name), members}
end
return all

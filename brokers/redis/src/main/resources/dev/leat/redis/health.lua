-- How a stream and its groups are doing, all of it at one moment.
--
-- A member of ours says every five seconds that it lives; others are seen as they read.
--
-- KEYS  stream, names of groups that only listen, names of members, where a retention of its own may be said,
--       how many entries each group was handed
-- ARGV  the name under which stands what waits for its turn; milliseconds unseen after which a member
--       that says so counts as dead, and any other; 1 if it is asked what the stream takes, which of one
--       that is long takes a millisecond
-- gives the stream's length and what it takes of the server's memory, -1 where that is not asked or the
-- user may not, and its own retention or an empty string, then for each group: name, members, what is handed over and not ended,
-- what waits for its turn, what it was never handed, or -1 where that has to be counted, the id of
-- what it was handed last, and 1 if it only listens
local stream, listening, names, waiting = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local silent, unseen = tonumber(ARGV[2]), tonumber(ARGV[3])
local length = redis.call('XLEN', stream)
-- Who may not ask goes by what is usual.
local own = redis.pcall('GET', KEYS[4])
local bytes = ARGV[4] == '1' and redis.pcall('MEMORY', 'USAGE', stream, 'SAMPLES', 0)
local all = {length, type(bytes) == 'number' and bytes or length == 0 and 0 or -1,
  type(own) == 'string' and own or ''}
local first, newest, run
for _, group in ipairs(groupsOf(stream)) do
  local members, turns = 0, 0
  for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group.name)) do
    local consumer = named(flat)
    if consumer.name == waiting then
      turns = consumer.pending
    elseif consumer.idle <= unseen and (consumer.idle <= silent
        or redis.call('HEXISTS', names, group.name .. '\0' .. consumer.name) == 0) then
      members = members + 1
    end
  end
  local last, lag = group['last-delivered-id'], group.lag or -1
  if length == 0 then
    lag = 0
  else
    first = first or redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1][1]
    -- What was trimmed is no backlog, though the server goes on counting it.
    if padded(last) < padded(first) then
      lag = length
    elseif lag > 0 then
      run = run or runOf()
      local handed = handedAfterRestart(stream, group, redis.call('HGET', KEYS[5], group.name), run)
      lag = handed and named(redis.call('XINFO', 'STREAM', stream))['entries-added'] - handed or lag
    end
    if lag ~= 0 and padded(last) >= padded(first) then
      -- After a restart the server counts too much: trimming has it count again.
      newest = newest or redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1][1]
      if padded(last) >= padded(newest) then
        lag = 0
      end
    end
  end
  local listens = redis.call('SISMEMBER', listening, group.name)
  all[#all + 1] = {group.name, members, group.pending - turns, turns, lag, last, listens}
end
return all

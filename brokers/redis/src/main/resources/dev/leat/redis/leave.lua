-- Removes members of a group that hold nothing and have not been seen for a while. One that is
-- alive after all comes back by its next command. What the one that leaves still has goes to others.
--
-- KEYS  stream, delayed, names, types
-- ARGV  group, the member that leaves or an empty string, as whom it has its name, milliseconds unseen
-- gives the names of those removed
local stream, delayed, names, group, leaving = KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2]
local unseen = tonumber(ARGV[4])
local removed = {}
-- What is pending under a name that another has by now is that one's.
local holder = leaving ~= '' and redis.call('HGET', names, group .. '\0' .. leaving)
if holder and holder ~= ARGV[3] then
  return removed
end
local members = redis.pcall('XINFO', 'CONSUMERS', stream, group)
if members.err then
  return removed
end
if leaving ~= '' then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  for _, pending in ipairs(redis.call('XPENDING', stream, group, '-', '+', 10000, leaving)) do
    redis.call('ZADD', delayed, 'NX', now, pending[1])
  end
end
if leaving ~= '' then
  redis.call('HDEL', names, group .. '\0' .. leaving)
  redis.call('HDEL', KEYS[4], group .. '\0' .. leaving)
end
for _, flat in ipairs(members) do
  local member = named(flat)
  if member.pending == 0 and (member.name == leaving or member.idle > unseen) then
    redis.call('XGROUP', 'DELCONSUMER', stream, group, member.name)
    redis.call('HDEL', names, group .. '\0' .. member.name)
    redis.call('HDEL', KEYS[4], group .. '\0' .. member.name)
    removed[#removed + 1] = member.name
  end
end
return removed

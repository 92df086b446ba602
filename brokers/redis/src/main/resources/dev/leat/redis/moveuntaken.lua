-- Takes an entry out of a stream and appends another, both or neither, unless a member of a group that
-- answers was handed it, or one of any group is at work on it.
--
-- KEYS  stream, the stream to append to, names of groups that only listen
-- ARGV  id, the strings
-- gives 1, or 0 where nothing was done
local stream, id = KEYS[1], ARGV[1]
if #redis.call('XRANGE', stream, id, id) == 0 then
  return 0
end
for _, group in ipairs(groupsOf(stream)) do
  local listens = redis.call('SISMEMBER', KEYS[3], group.name) == 1
  local seen = padded(id) <= padded(group['last-delivered-id'])
  if seen and (not listens or #redis.call('XPENDING', stream, group.name, id, id, 1) > 0) then
    return 0
  end
end
-- Fails before anything has changed, should the server have no memory for it.
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
redis.call('XDEL', stream, id)
return 1

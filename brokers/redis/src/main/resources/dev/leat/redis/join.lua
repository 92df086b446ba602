-- Makes a group that keeps order by key, or sees that there is one. What had its place in the order
-- of a group that has vanished waits for its turn again: else it would be lost with the group.
--
-- KEYS  stream, entries by key
-- ARGV  group, id after which it begins
-- gives 1 if the group is new
local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], ARGV[2], 'MKSTREAM')
if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then
  return made
end
if not made.err then
  for _, place in ipairs(redis.call('ZRANGEBYLEX', KEYS[2], '[0', '+')) do
    local id = idOf(place)
    if redis.call('XRANGE', KEYS[1], id, id)[1] then
      redis.call('XCLAIM', KEYS[1], ARGV[1], waiting, 0, id, 'FORCE', 'JUSTID', 'RETRYCOUNT', 0)
    end
  end
end
redis.call('ZADD', KEYS[2], 0, '')
return made.err and 0 or 1

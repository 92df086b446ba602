-- Makes a group that keeps order by key, or sees that there is one. What had its place in the order
-- of a group that has vanished waits for its turn again: else it would be lost with the group.
--
-- Whoever is first of its key may still be at work, and comes again once a lease is over.
--
-- KEYS  stream, delayed, entries by key
-- ARGV  group, id after which it begins, lease in milliseconds
-- gives 1 if the group is new
local stream, delayed, order, group = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local made = redis.pcall('XGROUP', 'CREATE', stream, group, ARGV[2], 'MKSTREAM')
if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then
  return made
end
if not made.err then
  local time = redis.call('TIME')
  local due = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
  local line = ''
  for _, place in ipairs(redis.call('ZRANGEBYLEX', order, '[0', '+')) do
    local id = idOf(place)
    if redis.call('XRANGE', stream, id, id)[1] then
      redis.call('XCLAIM', stream, group, waiting, 0, id, 'FORCE', 'JUSTID', 'RETRYCOUNT', 0)
      if lineOf(place) ~= line then
        line = lineOf(place)
        redis.call('ZADD', delayed, due, id)
      end
    end
  end
end
redis.call('ZADD', order, 0, '')
return made.err and 0 or 1

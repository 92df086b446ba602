-- Removes places of entries that nobody has any more from a group's order, some at a time: what was
-- taken off the group by hand leaves them, and when there are too many nothing new is read.
--
-- KEYS  stream, delayed, entries by key
-- ARGV  group, place after which to look, or an empty string for the first
-- gives where to look on, an empty string once all have been looked at
local stream, delayed, order, group, after = KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2]
local page = redis.call('ZRANGEBYLEX', order, '(' .. after, '+', 'LIMIT', 0, 500)
for _, place in ipairs(page) do
  if not pendingIn(stream, group, idOf(place)) then
    redis.call('ZREM', order, place)
    callNext(stream, group, order, delayed, lineOf(place))
  end
end
return #page == 500 and page[#page] or ''

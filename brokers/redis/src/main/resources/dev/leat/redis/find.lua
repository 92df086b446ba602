-- Looks for messages by their ids, some entries at a time.
--
-- KEYS  stream
-- ARGV  id from which to look, how many entries at most, then the ids of the messages
-- gives how many entries were looked at, from where to look on, and for each message its entry's id,
-- or an empty string
local page = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
local there = {}
for _, entry in ipairs(page) do
  there[messageIdOf(entry[2])] = entry[1]
end
local said = {#page, #page > 0 and '(' .. page[#page][1] or ARGV[1]}
for at = 3, #ARGV do
  said[#said + 1] = there[ARGV[at]] or ''
end
return said

-- Counts entries behind an id, some at a time.
--
-- KEYS  stream
-- ARGV  id, how many at most
-- gives how many there are, and the id of the last of them
local page = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
return {#page, #page > 0 and page[#page][1] or ARGV[1]}

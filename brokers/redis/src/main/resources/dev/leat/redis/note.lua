-- Keeps a note unless there is one.
--
-- KEYS  the note's
-- ARGV  milliseconds to keep it, the strings
-- gives the strings of the one that was there, none where this one is kept now
local there = redis.call('LRANGE', KEYS[1], 0, -1)
if #there == 0 then
  redis.call('RPUSH', KEYS[1], unpack(ARGV, 2))
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return there

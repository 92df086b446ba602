-- Registers a member under its name, unless it is not as it was seen: another may have come first.
-- Once it has the name, the same says that it is alive.
--
-- KEYS  stream, names, types
-- ARGV  group, name, who may have had it or an empty string, who has it now, the types that are
--       handled, each between line ends
-- gives 1, or 0 where it is somebody else's
local stream, names, group, name, seen, own = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local field = group .. '\0' .. name
local holder = redis.call('HGET', names, field)
if holder and holder ~= seen and holder ~= own then
  return 0
end
if holder ~= own then
  redis.call('HSET', names, field, own)
end
if redis.call('HGET', KEYS[3], field) ~= ARGV[5] then
  redis.call('HSET', KEYS[3], field, ARGV[5])
end
-- A read of what is pending behind all that can be: servers before 7.2 do not see by themselves that
-- somebody waits for what is new.
redis.pcall('XREADGROUP', 'GROUP', group, name, 'COUNT', 1, 'STREAMS', stream,
  '18446744073709551615-18446744073709551614')
return 1

-- Begins leases anew, of what the member still holds.
--
-- KEYS  stream
-- ARGV  group, member, then id and attempt of each
-- gives 1 for each that is held, else 0
local stream, group, member = KEYS[1], ARGV[1], ARGV[2]
local results = {}
for at = 3, #ARGV, 2 do
  local pending = redis.pcall('XPENDING', stream, group, ARGV[at], ARGV[at], 1, member)
  local held = not pending.err and pending[1] and pending[1][4] == tonumber(ARGV[at + 1])
  if held then
    redis.call('XCLAIM', stream, group, member, 0, ARGV[at], 'JUSTID')
  end
  results[#results + 1] = held and 1 or 0
end
return results

-- Begins leases anew, of what the member still holds.
--
-- KEYS  stream, delayed
-- ARGV  group, member, lease in milliseconds, then id and attempt of each
-- gives 1 for each that is held, else 0
local stream, delayed, group, member = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local results = {}
for at = 4, #ARGV, 2 do
  local id = ARGV[at]
  local pending = redis.pcall('XPENDING', stream, group, id, id, 1, member)
  local held = not pending.err and pending[1] and pending[1][4] == tonumber(ARGV[at + 1])
  if held and redis.call('XRANGE', stream, id, id)[1] then
    redis.call('XCLAIM', stream, group, member, 0, id, 'JUSTID')
  elseif held then
    -- Claimed, it would be dropped, since its entry is gone; nobody takes before its time what is
    -- delayed, and whoever takes it then keeps it as a dead letter.
    redis.call('ZADD', delayed, now + ARGV[3], id)
  end
  results[#results + 1] = held and 1 or 0
end
return results

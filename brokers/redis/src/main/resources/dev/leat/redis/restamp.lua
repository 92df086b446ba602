-- After the server's clock was set back, or may have been: what was handed over in its future would
-- not lapse before that. Its leases begin now, some at a time; what waits for its next attempt is as
-- early as before.
--
-- KEYS  stream, delayed, the server's time when what waits was moved last
-- ARGV  group, id from which to look, by how many milliseconds the clock was set back, 0
--       where that is not known, and for how many milliseconds the member had not seen the clock: who
--       moved what waits within that has done so for the same reason
-- gives where to look on, an empty string once all have been looked at
local stream, delayed, group, after = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local moved = tonumber(redis.call('GET', KEYS[3]) or '-1')
if after == '-' and ARGV[3] ~= '0' and (moved < 0 or moved > now or now - moved > tonumber(ARGV[4])) then
  redis.call('SET', KEYS[3], now, 'PX', 86400000)
  local waiting = redis.call('ZRANGE', delayed, 0, -1, 'WITHSCORES')
  for i = 1, #waiting, 2 do
    redis.call('ZADD', delayed, waiting[i + 1] - ARGV[3], waiting[i])
  end
end
local page = redis.call('XPENDING', stream, group, after, '+', 500)
for _, pending in ipairs(page) do
  local id, holder, idle = pending[1], pending[2], pending[3]
  if idle <= 0 and redis.call('XRANGE', stream, id, id)[1] then
    redis.call('XCLAIM', stream, group, holder, 0, id, 'JUSTID')
  end
  after = '(' .. id
end
return #page == 500 and after or ''

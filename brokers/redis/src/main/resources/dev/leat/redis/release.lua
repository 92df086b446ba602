-- Gives an entry that the member still holds to whoever asks after a delay. It stays pending, and
-- stands among the delayed ones until then.
--
-- KEYS  stream, delayed
-- ARGV  group, member, id, attempt, delay in milliseconds, the attempts to be counted from now on
-- gives 1, 0 where it is not held any more, or -1 where it was released already
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2])
if pending.err or not pending[1] or pending[1][4] ~= tonumber(ARGV[4]) then
  return 0
end
local time = redis.call('TIME')
local due = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[5]
-- Claimed, it would be dropped, since its entry is gone; whoever takes it keeps it as a dead letter.
if not redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])[1] then
  redis.call('ZADD', KEYS[2], due, ARGV[3])
  return 1
end
-- One that is delayed already was given back: it is nobody's.
if redis.call('ZSCORE', KEYS[2], ARGV[3]) then
  return -1
end
-- Its lease begins anew, for which a server out of memory has room; then it has for the rest.
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'JUSTID', 'RETRYCOUNT', ARGV[6])
redis.call('ZADD', KEYS[2], due, ARGV[3])
return 1

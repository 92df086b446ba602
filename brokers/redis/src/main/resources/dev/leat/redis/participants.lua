-- Who takes part now.
--
-- KEYS  participants, until when each of them is
-- gives what each says of itself
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], now, '+inf')) do
  all[#all + 1] = redis.call('HGET', KEYS[1], id) or nil
end
return all

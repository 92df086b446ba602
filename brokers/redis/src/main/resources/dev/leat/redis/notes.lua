-- Stores of notes. A store is a sorted set: of its notes' sizes and keys, by when their time is over,
-- and, under the empty string, of the sum of the sizes; that stands before all others.

-- What a note takes besides its strings, with its place in the store. Measured: 64-bit, jemalloc.
local BESIDES = 320

local function sizeOf(key, strings)
  local size = BESIDES + 2 * #key
  for _, one in ipairs(strings) do
    size = size + #one
  end
  return size
end

local function leaves(store, place, size)
  return redis.call('ZREM', store, place) == 1 and tonumber(redis.call('ZINCRBY', store, -size, ''))
end

-- Forgets the note that is there.
local function forget(store, key)
  local size = sizeOf(key, redis.call('LRANGE', key, 0, -1))
  redis.call('DEL', key)
  leaves(store, size .. ' ' .. key, size)
end

-- Keeps a note, and forgets others of its store until that is small enough: first those whose time
-- is over. A few at a time, so that nobody waits for a store that is to become much smaller. Gives
-- how many were forgotten before their time.
local function keep(store, key, milliseconds, most, strings)
  redis.call('DEL', key)
  redis.call('RPUSH', key, unpack(strings))
  redis.call('PEXPIRE', key, milliseconds)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local size = sizeOf(key, strings)
  local added = redis.call('ZADD', store, string.format('%.0f', now + milliseconds), size .. ' ' .. key)
  local total = tonumber(redis.call('ZINCRBY', store, added == 1 and size or 0, ''))
  if redis.call('PTTL', store) < tonumber(milliseconds) then
    redis.call('PEXPIRE', store, milliseconds)
  end
  local early = 0
  local oldest = redis.call('ZRANGE', store, 1, 16, 'WITHSCORES')
  for i = 1, #oldest, 2 do
    local over = tonumber(oldest[i + 1]) <= now
    if not over and total <= most then
      break
    end
    local bytes, other = string.match(oldest[i], '^(%d+) (.*)$')
    total = leaves(store, oldest[i], bytes) or total
    if not over then
      redis.call('DEL', other)
      early = early + 1
    end
  end
  return early
end

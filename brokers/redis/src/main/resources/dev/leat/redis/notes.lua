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

-- Forgets the note that is there, if there is one.
local function forget(store, key)
  local strings = redis.call('LRANGE', key, 0, -1)
  if #strings > 0 then
    local size = sizeOf(key, strings)
    redis.call('UNLINK', key)
    leaves(store, size .. ' ' .. key, size)
  end
end

-- Forgets notes of a store until that is small enough: first those whose time is over, then those
-- whose time is over first. No more than so many bytes, so that nobody waits for a store that is to
-- become much smaller. Gives how many were forgotten before their time.
local function makeRoom(store, now, total, most, enough)
  local early, freed = 0, 0
  repeat
    local before = freed
    local oldest = redis.call('ZRANGE', store, 0, 32, 'WITHSCORES')
    for i = 1, #oldest, 2 do
      local bytes, other = string.match(oldest[i], '^(%d+) (.*)$')
      if bytes then
        local over = tonumber(oldest[i + 1]) <= now
        if not over and total <= most or freed > enough then
          return early
        end
        total = leaves(store, oldest[i], bytes) or total
        freed = freed + bytes
        if not over then
          redis.call('UNLINK', other)
          early = early + 1
        end
      elseif oldest[i] ~= '' then
        -- Nobody of ours has written that.
        redis.call('ZREM', store, oldest[i])
      end
    end
  until freed == before
  return early
end

-- Keeps a note, and makes room for it: at least twice as much as it takes, where that is needed.
-- Gives how many were forgotten before their time.
local function keep(store, key, milliseconds, most, strings)
  forget(store, key)
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
  return makeRoom(store, now, total, most, 2 * size + 16 * BESIDES)
end

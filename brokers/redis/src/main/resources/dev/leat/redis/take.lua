-- Hands a member what nobody is at work on: what was released and is due, what others have held for
-- longer than a lease, and what stands under the member's own name though it was lost on its way.
-- Each is handed over once more, and counted so.
--
-- KEYS  stream, delayed, dead letters
-- ARGV  group, member, lease in milliseconds, most to take, id after which to look for what has
--       lapsed, number of strings, the strings of a dead letter with $id and $attempts in them, and
--       the ids that were lost on their way
-- gives the entries, each with its attempt; the ids whose entries are gone; where to look on; and
--       in how many milliseconds the next is due, or -1
local stream, delayed, letters = KEYS[1], KEYS[2], KEYS[3]
local group, member, lease, most, after = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local strings = tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local taken, gone = {}, {}

-- An entry that was deleted while it was pending would be claimed for ever, or vanish unseen.
local function bury(id, attempt)
  local letter = {}
  for i = 1, strings do
    letter[i] = string.gsub(string.gsub(ARGV[6 + i], '$id', id), '$attempts', tostring(attempt))
  end
  redis.call('XACK', stream, group, id)
  redis.call('XADD', letters, '*', unpack(letter))
  gone[#gone + 1] = id
end

local function take(id, attempt)
  local entry = redis.call('XRANGE', stream, id, id)[1]
  if entry then
    redis.call('XCLAIM', stream, group, member, 0, id, 'JUSTID', 'RETRYCOUNT', attempt + 1)
    taken[#taken + 1] = {id, entry[2], attempt + 1}
  else
    bury(id, attempt)
  end
end

for at = 7 + strings, #ARGV do
  local pending = redis.call('XPENDING', stream, group, ARGV[at], ARGV[at], 1, member)[1]
  if pending and not redis.call('ZSCORE', delayed, ARGV[at]) then
    take(ARGV[at], pending[4])
  end
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'LIMIT', 0, most)) do
  redis.call('ZREM', delayed, id)
  local pending = redis.call('XPENDING', stream, group, id, id, 1)[1]
  if pending then
    take(id, pending[4])
  end
end

local page = math.max(0, most - #taken)
if page > 0 then
  local lapsed = redis.call('XPENDING', stream, group, 'IDLE', lease, after, '+', page)
  for _, pending in ipairs(lapsed) do
    if not redis.call('ZSCORE', delayed, pending[1]) then
      take(pending[1], pending[4])
    end
  end
  after = #lapsed == page and '(' .. lapsed[#lapsed][1] or '-'
end

local due = -1
local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
if first[2] then
  due = math.max(0, first[2] - now)
end
return {taken, gone, after, due}

-- Appends messages whose answers were lost, but none that is there already. It is called once there
-- is little left to look at: the server does nothing else meanwhile.
--
-- KEYS  stream
-- ARGV  id from which to look, then for each: message id, 1 if the stream must be
--       there already, number of strings, the strings
-- gives the id of each one's entry, an empty string where the stream is not there
local stream, from, there = KEYS[1], ARGV[1], {}

local wanted = {}
local at = 2
while at <= #ARGV do
  wanted[ARGV[at]] = true
  at = at + 3 + ARGV[at + 2]
end

repeat
  local page = redis.call('XRANGE', stream, from, '+', 'COUNT', 1000)
  for _, entry in ipairs(page) do
    local id = messageIdOf(entry[2])
    if wanted[id] then
      there[id] = entry[1]
    end
    from = '(' .. entry[1]
  end
until #page < 1000

local ids = {}
at = 2
while at <= #ARGV do
  local id, last = ARGV[at], at + 2 + ARGV[at + 2]
  if not there[id] then
    if ARGV[at + 1] == '1' then
      there[id] = redis.call('XADD', stream, 'NOMKSTREAM', '*', unpack(ARGV, at + 3, last))
    else
      there[id] = redis.call('XADD', stream, '*', unpack(ARGV, at + 3, last))
    end
  end
  ids[#ids + 1] = there[id] or ''
  at = last + 1
end
return ids

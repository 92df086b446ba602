-- Reads entries, oldest first, and no more than some megabytes of them, but for the last few: what
-- is asked for by number may be as large as anything.
--
-- KEYS  stream
-- ARGV  id from which to read, how many entries at most, how many bytes
-- gives entries as XRANGE does
local few = 8
local left = tonumber(ARGV[2])
local bytes = tonumber(ARGV[3])
local from = ARGV[1]
local all = {}
while left > 0 and bytes > 0 do
  local many = math.min(left, few)
  local some = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', many)
  for _, entry in ipairs(some) do
    all[#all + 1] = entry
    for _, text in ipairs(entry[2]) do
      bytes = bytes - #text
    end
  end
  if #some < many then
    break
  end
  left = left - many
  from = '(' .. some[many][1]
end
return all

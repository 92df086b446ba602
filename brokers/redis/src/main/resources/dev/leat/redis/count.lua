-- Counts entries behind an id up to another, some at a time.
--
-- KEYS  stream
-- ARGV  id, id of the last that is counted
-- gives how many there are, the id of the last of them, and 1 if there may be more
local from, count, some, bytes = ARGV[1], 0, 10, 0
while count < 2000 and bytes < 2000000 do
  local page = redis.call('XRANGE', KEYS[1], '(' .. from, ARGV[2], 'COUNT', some)
  count = count + #page
  from = #page > 0 and page[#page][1] or from
  if #page < some then
    return {count, from, 0}
  end
  local size = 0
  for _, entry in ipairs(page) do
    for _, field in ipairs(entry[2]) do
      size = size + #field
    end
  end
  bytes = bytes + size
  some = size < 100000 and math.min(1000, some * 2) or math.max(1, math.floor(some / 2))
end
return {count, from, 1}

-- Removes entries, but never what a group has not completed or not been handed: whichever groups
-- there are in the moment in which it is done.
--
-- KEYS  stream
-- ARGV  id below which entries may go; entries to keep where there is no group at all, or -1 for
--       all; length up to which the stream is left alone
-- gives how many were removed; the id below which all groups have completed everything, '0-0' where
-- there is none; then the name of each group and the id of what it was handed last
local stream, bound, keep, short = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local groups = groupsOf(stream)
if #groups == 0 then
  return {keep < 0 and 0 or redis.call('XTRIM', stream, 'MAXLEN', '=', keep), '0-0'}
end

-- Where the sequence is too large to count on, the last one itself is left.
local function after(id)
  local ms, count = string.match(id, '(%d+)-(%d+)')
  return #count > 15 and id or string.format('%s-%.0f', ms, count + 1)
end

local floor
local said = {0, '0-0'}
for _, group in ipairs(groups) do
  local last = group['last-delivered-id']
  local own = after(last)
  if group.pending > 0 then
    own = redis.call('XPENDING', stream, group.name)[2]
  end
  if not floor or padded(own) < padded(floor) then
    floor = own
  end
  said[#said + 1] = group.name
  said[#said + 1] = last
end
said[2] = floor
if redis.call('XLEN', stream) > short then
  local lowest = padded(bound) < padded(floor) and bound or floor
  said[1] = redis.call('XTRIM', stream, 'MINID', '=', lowest)
end
return said

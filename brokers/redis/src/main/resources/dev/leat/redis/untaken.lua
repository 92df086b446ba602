-- Tells which entries no member of a group that answers was handed.
--
-- KEYS  stream, names of groups that only listen
-- ARGV  the name under which stands what waits for its turn, then ids
-- gives those ids
local stream, listening, waiting = KEYS[1], KEYS[2], ARGV[1]
local groups = {}
for _, group in ipairs(groupsOf(stream)) do
  if redis.call('SISMEMBER', listening, group.name) == 0 then
    groups[#groups + 1] = group
  end
end

local function wasHanded(group, id)
  if padded(id) > padded(group['last-delivered-id']) then
    return false
  end
  local pending = group.pending > 0 and redis.call('XPENDING', stream, group.name, id, id, 1)[1]
  return not pending or pending[2] ~= waiting
end

local untaken = {}
for i = 2, #ARGV do
  local handed = false
  for _, group in ipairs(groups) do
    handed = handed or wasHanded(group, ARGV[i])
  end
  -- Of what is gone it is not known who had it.
  if not handed and redis.call('XRANGE', stream, ARGV[i], ARGV[i])[1] then
    untaken[#untaken + 1] = ARGV[i]
  end
end
return untaken

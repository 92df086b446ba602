-- Tells whether a member of a group that is there says that it handles a type.
--
-- KEYS  stream, types of members
-- ARGV  group, the type between two line ends, milliseconds unseen after which a member counts as dead
-- gives 1 or 0
local stream, types, group = KEYS[1], KEYS[2], ARGV[1]
local members = redis.pcall('XINFO', 'CONSUMERS', stream, group)
for _, flat in ipairs(members.err and {} or members) do
  local member = named(flat)
  local handled = redis.call('HGET', types, group .. '\0' .. member.name)
  if handled and member.idle <= tonumber(ARGV[3]) and string.find(handled, ARGV[2], 1, true) then
    return 1
  end
end
return 0

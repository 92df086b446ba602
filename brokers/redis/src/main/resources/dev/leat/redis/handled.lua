-- Finds a member of a group that is there and says that it handles a type; of several, now this one
-- and now that.
--
-- KEYS  stream, names, types of members
-- ARGV  group, the type between two line ends, milliseconds unseen after which a member counts as dead
-- gives who has its name, or an empty string where there is none
local stream, names, types, group = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local found = {}
local members = redis.pcall('XINFO', 'CONSUMERS', stream, group)
for _, flat in ipairs(members.err and {} or members) do
  local member = named(flat)
  local field = group .. '\0' .. member.name
  local handled = redis.call('HGET', types, field)
  local holder = redis.call('HGET', names, field)
  if handled and holder and member.idle <= tonumber(ARGV[3]) and string.find(handled, ARGV[2], 1, true) then
    found[#found + 1] = holder
  end
end
return #found == 0 and '' or found[redis.call('TIME')[2] % #found + 1]

-- Removes members of a group that hold nothing and have not been seen for a while. One that is
-- alive after all comes back by its next command.
--
-- KEYS  stream
-- ARGV  group, the member that leaves or an empty string, milliseconds unseen
-- gives the names of those removed
local stream, group, leaving, unseen = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local removed = {}
local members = redis.pcall('XINFO', 'CONSUMERS', stream, group)
if members.err then
  return removed
end
for _, flat in ipairs(members) do
  local member = {}
  for i = 1, #flat, 2 do
    member[flat[i]] = flat[i + 1]
  end
  if member.pending == 0 and (member.name == leaving or member.idle > unseen) then
    redis.call('XGROUP', 'DELCONSUMER', stream, group, member.name)
    removed[#removed + 1] = member.name
  end
end
return removed

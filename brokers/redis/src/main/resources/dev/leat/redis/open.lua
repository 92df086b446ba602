-- Lists what a group has not completed, oldest first, without payloads.
--
-- KEYS  stream, delayed, names of members
-- ARGV  group, or nothing for all that stands there; the name under which stands what waits for its turn;
--       id behind which to begin, or nothing; how many at most, and up to how many bytes; milliseconds
--       unseen after which a member that says so counts as dead, and any other
-- gives for each: id; how it stands; how often it was handed over; who has it; when it is due; and its
-- strings, none where it is gone
local stream, delayed, names, group, waiting, after = KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2], ARGV[3]
local most, bytes = tonumber(ARGV[4]), tonumber(ARGV[5])
local silent, unseen = tonumber(ARGV[6]), tonumber(ARGV[7])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = {}

-- The payload is the last string of the packed form, and has a name in the other.
local function withoutPayload(fields)
  for i, field in ipairs(fields) do
    bytes = bytes - #field
  end
  if #fields == 8 then
    fields[8] = ''
  else
    for i = 1, #fields - 1, 2 do
      if fields[i] == 'payload' then
        fields[i + 1] = ''
      end
    end
  end
  return fields
end

local last = '0-0'
if group ~= '' then
  local found = false
  local there = {}
  for _, info in ipairs(groupsOf(stream)) do
    if info.name == group then
      found, last = true, info['last-delivered-id']
    end
  end
  if not found then
    return {}
  end
  for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
    local consumer = named(flat)
    there[consumer.name] = consumer.idle <= unseen and (consumer.idle <= silent
        or redis.call('HEXISTS', names, group .. '\0' .. consumer.name) == 0)
  end
  local from = after == '' and '-' or '(' .. after
  for _, pending in ipairs(redis.call('XPENDING', stream, group, from, '+', most)) do
    local id, holder = pending[1], pending[2]
    local score = redis.call('ZSCORE', delayed, id)
    local state = there[holder] and 'RUNNING' or 'ABANDONED'
    if holder == waiting then
      state = 'HELD_BACK'
    elseif score then
      state = tonumber(score) > now and 'DELAYED' or 'WAITING'
    end
    local entry = redis.call('XRANGE', stream, id, id)[1]
    all[#all + 1] = {id, state, pending[4], holder == waiting and '' or holder, score or '',
      entry and withoutPayload(entry[2]) or {}}
    if bytes <= 0 then
      return all
    end
  end
end

local from = after ~= '' and padded(after) > padded(last) and after or last
while #all < most and bytes > 0 do
  local some = math.min(10, most - #all)
  local entries = redis.call('XRANGE', stream, '(' .. from, '+', 'COUNT', some)
  for _, entry in ipairs(entries) do
    all[#all + 1] = {entry[1], 'WAITING', 0, '', '', withoutPayload(entry[2])}
    from = entry[1]
  end
  if #entries < some then
    break
  end
end
return all

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

-- One that is pending: how it stands, and who has it.
local there = {}
local function pendingOne(pending)
  local id, holder = pending[1], pending[2]
  local score = redis.call('ZSCORE', delayed, id)
  local state = there[holder] and 'RUNNING' or 'ABANDONED'
  if holder == waiting then
    state = 'HELD_BACK'
  elseif score then
    state = tonumber(score) > now and 'DELAYED' or 'WAITING'
  end
  local entry = redis.call('XRANGE', stream, id, id)[1]
  return {id, state, pending[4], holder == waiting and '' or holder, score or '',
    entry and withoutPayload(entry[2]) or {}}
end

local last, pending = '0-0', {}
if group ~= '' then
  local found = false
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
  pending = redis.call('XPENDING', stream, group, after == '' and '-' or '(' .. after, '+', most)
end

-- What is new, some at a time and few where they are large: to look at an entry is to copy it.
local from, some, entries, read = after ~= '' and padded(after) > padded(last) and after or last, 1, {}, 1
local function nextNew()
  if read > #entries and some > 0 then
    local before = bytes
    entries, read = redis.call('XRANGE', stream, '(' .. from, '+', 'COUNT', some), 1
    local size = 0
    for _, entry in ipairs(entries) do
      for _, field in ipairs(entry[2]) do
        size = size + #field
      end
    end
    from = #entries > 0 and entries[#entries][1] or from
    some = #entries < some and 0 or size > 100000 and 1 or math.min(100, some * 2)
    bytes = before - (size > 100000 and size or 0)
  end
  return entries[read]
end

-- Both by their ids: a group that was set back is to have again what it has not ended, which is told once.
local at = 1
while #all < most and bytes > 0 do
  local one = pending[at]
  -- Where as many are pending as were asked for there may be more of them before what is new.
  local new = not (not one and #pending == most) and nextNew() or nil
  if not one and not new then
    break
  end
  if one and (not new or padded(one[1]) <= padded(new[1])) then
    all[#all + 1] = pendingOne(one)
    at = at + 1
    if new and new[1] == one[1] then
      read = read + 1
    end
  else
    all[#all + 1] = {new[1], 'WAITING', 0, '', '', withoutPayload(new[2])}
    read = read + 1
  end
end
return all

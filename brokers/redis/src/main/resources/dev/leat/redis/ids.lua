-- What scripts share that compare the ids of entries. Padded, they stand in the alphabet as in a
-- stream; as numbers they are larger than Lua can tell apart.
local function padded(id)
  local at = string.find(id, '-', 1, true)
  return string.rep('0', 21 - at) .. string.sub(id, 1, at)
    .. string.rep('0', 20 - #id + at) .. string.sub(id, at + 1)
end

local function named(flat)
  local fields = {}
  for i = 1, #flat, 2 do
    fields[flat[i]] = flat[i + 1]
  end
  return fields
end

-- The groups of a stream, none where there is no stream.
local function groupsOf(stream)
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  if groups.err then
    if not string.find(groups.err, 'no such key', 1, true) then
      return redis.call('XINFO', 'GROUPS', stream)
    end
    return {}
  end
  for i, flat in ipairs(groups) do
    groups[i] = named(flat)
  end
  return groups
end

-- What of a stream a group was never handed, where the server counts that. Needs ids.
--
-- A server from 7.0 on counts what it has handed over; but it does not tell its log or its replicas, and
-- after a restart it goes on from what it had been told. So it stands in a hash how far it was with which
-- run of the server: what came between is counted once more.

local function runOf()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and string.match(info, '\nrun_id:(%x+)') or ''
end

-- How many entries stand behind one, up to another; nothing where these are very many. Large ones are
-- copied for it, so that few are asked for at a time.
local function countBetween(stream, from, to)
  local count, some, bytes = 0, 10, 0
  while count < 50000 and bytes < 30000000 do
    local page = redis.call('XRANGE', stream, '(' .. from, to, 'COUNT', some)
    count = count + #page
    if #page < some then
      return count
    end
    local size = 0
    for _, entry in ipairs(page) do
      for _, field in ipairs(entry[2]) do
        size = size + #field
      end
    end
    from, bytes = page[#page][1], bytes + size
    some = size < 100000 and math.min(1000, some * 2) or math.max(1, math.floor(some / 2))
  end
end

-- How many entries a group was handed, by what was written down of it; nothing where that is what the
-- server says, or is not known.
local function handedAfterRestart(stream, group, written, run)
  local before, last, read = string.match(written or '', '^(%x+) (%d+%-%d+) (%d+)$')
  if not before or run == '' or before == run then
    return nil
  end
  local between = padded(last) <= padded(group['last-delivered-id'])
      and countBetween(stream, last, group['last-delivered-id'])
  return between and tonumber(read) + between or nil
end

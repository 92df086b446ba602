-- What scripts share that look for messages: the id of an entry's, by its place in the packed form or
-- by its name in the named one.
local function messageIdOf(strings)
  local id = strings[1]
  if #strings ~= 8 then
    for i = 1, #strings, 2 do
      if strings[i] == 'messageId' then
        id = strings[i + 1]
      end
    end
  end
  return id
end

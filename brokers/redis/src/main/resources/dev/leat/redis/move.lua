-- Takes an entry out of a stream and appends another, both or neither.
--
-- KEYS  stream, the stream to append to
-- ARGV  id, the strings
-- gives 1, or 0 where the entry is not there any more
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then
  return 0
end
-- Fails before anything has changed, should the server have no memory for it.
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
redis.call('XDEL', KEYS[1], ARGV[1])
return 1

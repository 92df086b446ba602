-- Keeps a note for some time from now on, if it is still there.
--
-- KEYS  the note's
-- ARGV  milliseconds to keep it, its message's id and type
-- gives 1, or 0 where there is none, or another
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[2] or redis.call('LINDEX', KEYS[1], 1) ~= ARGV[3] then
  return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[1])

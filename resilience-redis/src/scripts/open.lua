-- ARGV: who has opened; for how long; how many have to.
sweep(KEYS[2])
enter(KEYS[2], ARGV[1], tonumber(ARGV[2]))
if count(KEYS[2]) >= tonumber(ARGV[3]) then
  local generation, ends = signal()
  set_signal(generation, math.max(ends, now + tonumber(ARGV[2])), 1)
  redis.call('DEL', KEYS[3])
end

-- ARGV: the generation that is over.
local generation = signal()
if generation > 0 and digits(generation) == ARGV[1] then
  set_signal(generation, 0)
  redis.call('DEL', KEYS[2], KEYS[3])
end

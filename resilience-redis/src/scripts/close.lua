-- ARGV: the generation that is over.
local generation = signal()
if generation % 2 == 1 and digits(generation) == ARGV[1] then
  set_signal(generation, 0, 0)
  redis.call('DEL', KEYS[2], KEYS[3])
end

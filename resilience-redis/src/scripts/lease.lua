-- KEYS: the places. ARGV: how many there are; who asks; for how long; who has left.
sweep(KEYS[1])
if #ARGV > 3 then redis.call('ZREM', KEYS[1], unpack(ARGV, 4)) end
local has_place = redis.call('ZSCORE', KEYS[1], ARGV[2])
if has_place or count(KEYS[1]) < tonumber(ARGV[1]) then
  enter(KEYS[1], ARGV[2], tonumber(ARGV[3]))
  return { 1, 0 }
end
local first = count(KEYS[1]) > 0 and redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
return { 0, first and first - now or 0 }

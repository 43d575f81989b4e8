-- KEYS: the epoch of a cache, which each clearing changes. An epoch that was evicted never comes back.
local kept = redis.call('GET', KEYS[1])
if not kept then
  kept = digits(now)
  redis.call('SET', KEYS[1], kept)
end
return kept

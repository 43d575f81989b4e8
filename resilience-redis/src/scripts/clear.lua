-- KEYS: the epoch of a cache.
local kept = tonumber(redis.call('GET', KEYS[1]) or '0') or 0
redis.call('SET', KEYS[1], digits(math.max(kept + 1, now)))

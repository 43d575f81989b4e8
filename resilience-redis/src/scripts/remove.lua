-- KEYS: the entry. ARGV: the bytes that are to go.
local kept = redis.call('GET', KEYS[1])
if kept and string.sub(kept, 33) == ARGV[1] then redis.call('DEL', KEYS[1]) end

-- KEYS: the entry. ARGV: its epoch in 16 digits; its bytes; its time in milliseconds, or nothing.
local kept = redis.call('GETRANGE', KEYS[1], 0, 15)
if #kept == 16 and kept > ARGV[1] then return end
if ARGV[3] == '' then
  redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3])
end

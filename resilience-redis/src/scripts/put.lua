-- KEYS: the entry. ARGV: its epoch in 16 digits; its bytes; its time in milliseconds, or nothing; the first bytes of
-- the value that it replaces, which are empty for none. Without the last one it replaces any value.
-- An entry begins with its epoch and its end in microseconds, which is zero for none. Each has 16 digits.
local kept = ARGV[4] and redis.call('GETRANGE', KEYS[1], 0, 31 + #ARGV[4]) or ''
if ARGV[4] then
  local epoch = string.sub(kept, 1, 16)
  if #epoch == 16 and epoch > ARGV[1] then return end
  local is_value = epoch == ARGV[1]
  if is_value and (ARGV[4] == '' or string.sub(kept, 33) ~= ARGV[4]) then return end
  if not is_value and ARGV[4] ~= '' then return end
end
if ARGV[3] == '' then
  redis.call('SET', KEYS[1], ARGV[1] .. string.rep('0', 16) .. ARGV[2])
else
  local ends = string.format('%016.0f', now + tonumber(ARGV[3]) * 1000)
  redis.call('SET', KEYS[1], ARGV[1] .. ends .. ARGV[2], 'PX', ARGV[3])
end

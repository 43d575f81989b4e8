-- KEYS: the signal (generation and end of the opening), who has opened, who probes.
-- A generation is a time, so that a signal which was evicted never comes back.
local function signal()
  local kept = redis.call('HMGET', KEYS[1], 'generation', 'end')
  return tonumber(kept[1] or '0') or 0, tonumber(kept[2] or '0') or 0
end

-- It is kept for a day after its end, for processes that want to probe.
-- It is odd after an opening and even after a closing.
local function set_signal(generation, ends, parity)
  generation = math.max(generation + 1, now)
  if generation % 2 ~= parity then generation = generation + 1 end
  redis.call('HSET', KEYS[1], 'generation', digits(generation), 'end', digits(ends))
  redis.call('PEXPIRE', KEYS[1], digits(math.ceil(math.max(ends - now, 0) / 1000) + 86400000))
end

-- KEYS: the signal (generation, end of the opening, and when it was stored), who has opened, who probes.
-- A generation is a time, so that a signal which was evicted never comes back.
local function keep_signal(generation, ends)
  redis.call('HSET', KEYS[1], 'generation', digits(generation), 'end', digits(ends), 'stored', digits(now))
end

local function signal()
  local kept = redis.call('HMGET', KEYS[1], 'generation', 'end', 'stored')
  local generation, ends, stored = tonumber(kept[1]) or 0, tonumber(kept[2]) or 0, tonumber(kept[3]) or 0
  -- The clock of the engine has gone back, so that no time has passed.
  if stored > now then
    ends = math.max(ends - (stored - now), 0)
    keep_signal(generation, ends)
  end
  return generation, ends
end

-- It is kept for a day after its end, for processes that want to probe.
-- It is odd after an opening and even after a closing.
local function set_signal(generation, ends, parity)
  generation = math.max(generation + 1, now)
  if generation % 2 ~= parity then generation = generation + 1 end
  keep_signal(generation, ends)
  redis.call('PEXPIRE', KEYS[1], digits(math.ceil(math.max(ends - now, 0) / 1000) + 86400000))
end

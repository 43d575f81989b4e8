-- Members of a sorted set with the time at which each ends, and the clock when the last one entered. It stands so far
-- behind them that it never ends before one.
local CLOCK, BEHIND = 'clock', 4503599627370496

local function sweep(key)
  local entered = redis.call('ZSCORE', key, CLOCK)
  local back = entered and tonumber(entered) - BEHIND - now or 0
  -- The clock of the engine has gone back, so that no time has passed.
  if back > 0 then
    local kept = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for i = 1, #kept, 2 do redis.call('ZADD', key, digits(kept[i + 1] - back), kept[i]) end
  end
  redis.call('ZREMRANGEBYSCORE', key, '-inf', digits(now))
end

local function count(key)
  return math.max(redis.call('ZCARD', key) - 1, 0)
end

local function enter(key, member, time)
  redis.call('ZADD', key, digits(now + time), member, digits(now + BEHIND), CLOCK)
  local last = redis.call('ZREVRANGE', key, 1, 1, 'WITHSCORES')[2]
  redis.call('PEXPIRE', key, digits(math.ceil((last - now) / 1000) + 1))
end

-- Members of a sorted set with the time at which each ends.
local function sweep(key)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', digits(now))
end

local function enter(key, member, time)
  redis.call('ZADD', key, digits(now + time), member)
  local last = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]
  redis.call('PEXPIRE', key, digits(math.ceil((last - now) / 1000) + 1))
end

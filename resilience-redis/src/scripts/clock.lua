-- The clock of the engine, in microseconds. Numbers of a script are exact below 2^53.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local function digits(number) return string.format('%.0f', number) end

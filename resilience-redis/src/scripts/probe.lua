-- ARGV: the generation to recover from; how many may probe; who asks; for how long.
local generation, ends = signal()
sweep(KEYS[3])
if generation == 0 or digits(generation) ~= ARGV[1] or ends > now then return 0 end
local probes = redis.call('ZSCORE', KEYS[3], ARGV[3])
if not probes and count(KEYS[3]) >= tonumber(ARGV[2]) then return 0 end
enter(KEYS[3], ARGV[3], tonumber(ARGV[4]))
return 1

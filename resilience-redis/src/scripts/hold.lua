-- KEYS: the window. ARGV: the time; the time of all units of the burst but one (whole, rest), its parts;
-- the time of one unit, in parts.
local a, b = tonumber(ARGV[5]), tonumber(ARGV[4])
local t, r, held = load(KEYS[1], a, b)
local until_then = now + tonumber(ARGV[1])
held = math.max(held, until_then)
local after, after_rest = add(until_then, 0, tonumber(ARGV[2]), tonumber(ARGV[3]), b)
if after > t or after == t and after_rest > r then t, r = after, after_rest end
store(KEYS[1], t, r, a, b, held)

-- KEYS: the window. ARGV: 1 to take and -1 to give back; the time of the units (whole, rest), its parts; the most
-- time that a window can be behind; the time of one unit, in parts.
local whole, rest, a, b = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[6]), tonumber(ARGV[4])
local t, r, held = load(KEYS[1], a, b)
if ARGV[1] == '1' then
  t, r = add(t, r, whole, rest, b)
  if t - now > tonumber(ARGV[5]) then t, r = now + tonumber(ARGV[5]), 0 end
else
  t, r = subtract(t, r, whole, rest, b)
  if t < now then t, r = now, 0 end
end
store(KEYS[1], t, r, a, b, held)

-- KEYS: the windows. ARGV: packed doubles, which cost a script less than words: patience, units in advance, whether the
-- call takes units (1 or 0); for each window the time of a unit (a / b), of the call (whole, rest) and of the burst
-- (whole, rest).
local patience, spare, takes, at = struct.unpack('<ddd', ARGV[1])
local wait, windows = 0, {}
for i, key in ipairs(KEYS) do
  local a, b, cost, cost_rest, burst, burst_rest
  a, b, cost, cost_rest, burst, burst_rest, at = struct.unpack('<dddddd', ARGV[1], at)
  local t, r, held = load(key, a, b)
  t, r = add(t, r, cost, cost_rest, b)
  -- What the burst leaves after this call: negative if the call has to wait.
  local room, room_rest = add(now, 0, burst, burst_rest, b)
  room, room_rest = subtract(room, room_rest, t, r, b)
  if room < 0 then
    -- room + room_rest / b is negative, so that what is missing ends with its whole part.
    if takes == 1 then wait = math.max(wait, -room) end
    spare = 0
  elseif spare > 0 then
    local parts = room * b + room_rest
    spare = math.min(spare, (parts - parts % a) / a)
  end
  if held > now then wait = math.max(wait, held - now) end
  windows[i] = { a, b, t, r, held }
end
if wait > patience then return { 0, wait } end
if wait > 0 then spare = 0 end
if takes == 1 or spare > 0 then
  for i, key in ipairs(KEYS) do
    local a, b, t, r, held = unpack(windows[i])
    local parts = spare * a
    local rest = parts % b
    t, r = add(t, r, (parts - rest) / b, rest, b)
    store(key, t, r, a, b, held)
  end
end
return { 1, wait, spare }

-- KEYS: the windows. ARGV: patience, units in advance, whether the call takes units; for each window
-- the time of a unit (a / b), of the call (whole, rest) and of the burst (whole, rest).
local patience, spare, takes = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local wait, windows = 0, {}
for i, key in ipairs(KEYS) do
  local at = 6 * i - 2
  local a, b = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  local cost, cost_rest = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local t, r, held = load(key, a, b)
  t, r = add(t, r, cost, cost_rest, b)
  -- What the burst leaves after this call: negative if the call has to wait.
  local room, room_rest = add(now, 0, tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]), b)
  room, room_rest = subtract(room, room_rest, t, r, b)
  if room < 0 then
    -- room + room_rest / b is negative, so that what is missing ends with its whole part.
    if takes then wait = math.max(wait, -room) end
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
if takes or spare > 0 then
  for i, key in ipairs(KEYS) do
    local a, b, t, r, held = unpack(windows[i])
    local parts = spare * a
    local rest = parts % b
    t, r = add(t, r, (parts - rest) / b, rest, b)
    store(key, t, r, a, b, held)
  end
end
return { 1, wait, spare }

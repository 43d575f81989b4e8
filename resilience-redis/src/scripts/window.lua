-- A window is six numbers, packed as doubles: its theoretical arrival time is t + r / b, a unit takes a / b, it is held
-- until h, and it was stored at s.
local LONGEST = 2251799813685248

local function add(t, r, whole, rest, b)
  t, r = t + whole, r + rest
  if r >= b then return t + 1, r - b end
  return t, r
end

local function subtract(t, r, whole, rest, b)
  t, r = t - whole, r - rest
  if r < 0 then return t - 1, r + b end
  return t, r
end

local function store(key, t, r, a, b, held)
  if t <= now and r == 0 and held <= now then
    redis.call('DEL', key)
  else
    local time = math.ceil((math.max(t + 1, held) - now) / 1000) + 1
    redis.call('SET', key, struct.pack('<dddddd', t, r, a, b, held, now), 'PX', time)
  end
end

-- With another rate, a window keeps the units that have passed, rounded up to a microsecond. From then on they pass
-- at that rate.
local function load(key, a, b)
  local kept = redis.call('GET', key)
  if not kept or #kept ~= 48 then return now, 0, 0 end
  local t, r, of_a, of_b, held, stored = struct.unpack('<dddddd', kept)
  -- The clock of the engine has gone back, so that no time has passed.
  if stored > now then
    t, held = t - (stored - now), math.max(held - (stored - now), 0)
    store(key, t, r, of_a, of_b, held)
  end
  if of_a ~= a or of_b ~= b then
    local start = math.max(now, held)
    if r > 0 then t, r = t + 1, 0 end
    if t > start then t = start + math.min(LONGEST, math.ceil((t - start) * (a / b) / (of_a / of_b))) end
    store(key, t, r, a, b, held)
  end
  if t < now then return now, 0, held end
  return t, r, held
end

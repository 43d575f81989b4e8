-- A window is `t r a b h`: its theoretical arrival time is t + r / b, a unit takes a / b, and it is held until h.
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
  local idle = math.max(t + 1, held)
  if t <= now and r == 0 and held <= now then
    redis.call('DEL', key)
  else
    local time = math.ceil((idle - now) / 1000) + 1
    redis.call('SET', key, table.concat({ digits(t), digits(r), digits(a), digits(b), digits(held) }, ' '),
      'PX', digits(time))
  end
end

-- With another rate, a window keeps the units that have passed, rounded up to a microsecond. From then on they pass
-- at that rate.
local function load(key, a, b)
  local t, r, of_a, of_b, held = now, 0, a, b, 0
  local kept = redis.call('GET', key)
  if kept then
    local kept_t, kept_r, kept_a, kept_b, kept_held = string.match(kept, '^(%d+) (%d+) (%d+) (%d+) (%d+)$')
    if kept_t then
      t, r, held = tonumber(kept_t), tonumber(kept_r), tonumber(kept_held)
      of_a, of_b = tonumber(kept_a), tonumber(kept_b)
    end
  end
  if of_a ~= a or of_b ~= b then
    local start = math.max(now, held)
    if r > 0 then t, r = t + 1, 0 end
    if t > start then t = start + math.min(LONGEST, math.ceil((t - start) * (a / b) / (of_a / of_b))) end
    store(key, t, r, a, b, held)
  end
  if t < now then t, r = now, 0 end
  return t, r, held
end

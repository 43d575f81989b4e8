-- A window is `t r b h`: its theoretical arrival time is t + r / b, and it is held until h.
-- A rest in other parts, which only another rate leaves, counts as a whole.
local function load(key, b)
  local t, r, of, held = now, 0, 0, 0
  local kept = redis.call('GET', key)
  if kept then
    local kept_t, kept_r, kept_b, kept_held = string.match(kept, '^(%d+) (%d+) (%d+) (%d+)$')
    if kept_t then
      t, r, of, held = tonumber(kept_t), tonumber(kept_r), tonumber(kept_b), tonumber(kept_held)
    end
  end
  if of ~= b and r > 0 then t, r = t + 1, 0 end
  if t < now then t, r = now, 0 end
  return t, r, held
end

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

local function store(key, t, r, b, held)
  local idle = math.max(t + 1, held)
  if t <= now and r == 0 and held <= now then
    redis.call('DEL', key)
  else
    local time = math.ceil((idle - now) / 1000) + 1
    redis.call('SET', key, digits(t) .. ' ' .. digits(r) .. ' ' .. digits(b) .. ' ' .. digits(held),
      'PX', digits(time))
  end
end

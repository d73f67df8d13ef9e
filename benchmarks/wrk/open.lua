-- Send requests at a fixed rate, independent of earlier answers, and count the answers by kind.
--
--   RATE=... wrk ... -s open.lua URL -- REQUESTS MARKER COUNT
--
-- REQUESTS  file: header lines, an empty line, then for each body its length, a newline and its bytes
-- MARKER    text that a right answer contains at least COUNT times
-- RATE      requests per second of each thread; 0: each connection is always busy
--
-- A right answer is 200 with the markers; a refusal is 429 or 503 with Retry-After. The number of a request is the time
-- at which it was sent, in microseconds, and its answer repeats it. The last line of the output is JSON: the number of
-- answers of each kind by duration in milliseconds and by second of the run, and the number of requests by delay after
-- their due time in milliseconds.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "requests.lua")

local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds, nanoseconds; } moment; int clock_gettime(int clock, moment *now);")
local rate = tonumber(os.getenv("RATE"))
local moment, monotonic = ffi.new("moment"), 1
local kinds = { "right", "refused", "wrong", "other" }

function init(args)
  marker, markers = args[2], tonumber(args[3])
  heads, tails, turn = {}, {}, 0
  local bodies = bodies_of(args[1])
  wrk.headers["X-Request-Id"] = "NUMBER"
  for _, body in ipairs(bodies) do
    local head, tail = wrk.format("POST", nil, nil, body):match("^(.-)NUMBER(.*)$")
    table.insert(heads, head)
    table.insert(tails, tail)
  end
  late, sample = {}, ""
  for _, kind in ipairs(kinds) do _G[kind .. "_took"], _G[kind .. "_seconds"] = {}, {} end  -- wrk can return only flat tables
  began, slots, due = clock(), 0, {}
  first, last = 1, 0
end

function clock()
  ffi.C.clock_gettime(monotonic, moment)
  return tonumber(moment.seconds) * 1e6 + tonumber(moment.nanoseconds) / 1e3
end

if rate > 0 then
  function delay()
    local at = began + slots * 1e6 / rate
    slots, last = slots + 1, last + 1
    due[last] = at
    return math.max(0, math.floor((at - clock()) / 1e3))
  end
end

function request()
  local now = clock()
  if first <= last then -- false after a broken connection was opened again
    count(late, now - due[first])
    due[first], first = nil, first + 1
  end
  turn = turn % #heads + 1
  return heads[turn] .. string.format("%.0f", now) .. tails[turn]
end

function count(numbers, microseconds)
  local milliseconds = math.max(0, math.floor(microseconds / 1e3))
  numbers[milliseconds] = (numbers[milliseconds] or 0) + 1
end

function response(status, headers, body)
  local now, kind = clock(), "other"
  if status == 200 then
    kind = contains(body, marker, markers) and "right" or "wrong"
  elseif (status == 429 or status == 503) and headers["retry-after"] then
    kind = "refused"
  end
  if sample == "" and (kind == "wrong" or kind == "other") then sample = status .. " " .. body:sub(1, 200) end
  count(_G[kind .. "_took"], now - (tonumber(headers["x-request-id"]) or now))
  count(_G[kind .. "_seconds"], (now - began) / 1e3)
end

function gathered(name)
  local sums, found = {}, {}
  for _, thread in ipairs(threads) do
    for key, number in pairs(thread:get(name)) do sums[key] = (sums[key] or 0) + number end
  end
  for key, number in pairs(sums) do table.insert(found, string.format("[%d,%d]", key, number)) end
  return "[" .. table.concat(found, ",") .. "]"
end

function done(summary, _, _)
  local parts = {}
  for _, kind in ipairs(kinds) do
    local took, seconds = gathered(kind .. "_took"), gathered(kind .. "_seconds")
    table.insert(parts, string.format('"%s":{"took":%s,"seconds":%s}', kind, took, seconds))
  end
  local errors = summary.errors
  print(string.format('{"duration":%d,"kinds":{%s},"late":%s,"errors":%d,"sample":%s}', summary.duration,
    table.concat(parts, ","), gathered("late"), errors.connect + errors.read + errors.write + errors.timeout,
    first_sample()))
end

-- Sends requests in turn and checks every answer: status 200 and the right digit in it.
--
--   wrk ... -s check.lua URL -- REQUESTS MARKER COUNT
--
-- REQUESTS  file: header lines, an empty line, then each body as its length, a newline and its bytes
-- MARKER    what a right answer contains, COUNT times at least
--
-- The last line printed is JSON: durations and percentiles in microseconds.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  marker, count = args[2], tonumber(args[3])
  requests, turn = read(args[1]), 0
  wrong, sample = 0, ""
end

function read(path)
  local file = assert(io.open(path, "rb"))
  for line in file:lines() do
    if line == "" then break end
    local name, value = line:match("^([^:]+): (.*)$")
    wrk.headers[name] = value
  end
  local formatted = {}
  while true do
    local length = file:read("*l")
    if not length then break end
    local body = file:read(tonumber(length))
    table.insert(formatted, wrk.format("POST", nil, nil, body))
  end
  file:close()
  return formatted
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function right(body)
  local from = 1
  for _ = 1, count do
    local _, last = body:find(marker, from, true)
    if not last then return false end
    from = last + 1
  end
  return true
end

function response(status, headers, body)
  if status ~= 200 or not right(body) then
    wrong = wrong + 1
    if wrong == 1 then sample = status .. " " .. body:sub(1, 200) end
  end
end

function quoted(text)
  return '"' .. text:gsub('[%c"\\\128-\255]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

function done(summary, latency, _)
  local all, first = 0, ""
  for _, thread in ipairs(threads) do
    all = all + thread:get("wrong")
    if first == "" then first = thread:get("sample") end
  end
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"duration":%d,"p50":%d,"p90":%d,"p99":%d,"wrong":%d,"sample":%s,'
      .. '"connect":%d,"read":%d,"write":%d,"timeout":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(90), latency:percentile(99),
    all, quoted(first), errors.connect, errors.read, errors.write, errors.timeout))
end

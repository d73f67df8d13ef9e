-- Send requests in turn, and check that every answer has status 200 and the right digit.
--
--   wrk ... -s check.lua URL -- REQUESTS MARKER COUNT
--
-- REQUESTS  file: header lines, an empty line, then for each body its length, a newline and its bytes
-- MARKER    text that a right answer contains at least COUNT times
--
-- The last line of the output is JSON, with durations and percentiles in microseconds.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "requests.lua")

function init(args)
  marker, count = args[2], tonumber(args[3])
  requests, turn = {}, 0
  for _, body in ipairs(bodies_of(args[1])) do table.insert(requests, wrk.format("POST", nil, nil, body)) end
  wrong, sample = 0, ""
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function response(status, headers, body)
  if status ~= 200 or not contains(body, marker, count) then
    wrong = wrong + 1
    if wrong == 1 then sample = status .. " " .. body:sub(1, 200) end
  end
end

function done(summary, latency, _)
  local all = 0
  for _, thread in ipairs(threads) do all = all + thread:get("wrong") end
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"duration":%d,"p50":%d,"p90":%d,"p99":%d,"wrong":%d,"sample":%s,'
      .. '"connect":%d,"read":%d,"write":%d,"timeout":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(90), latency:percentile(99),
    all, first_sample(), errors.connect, errors.read, errors.write, errors.timeout))
end

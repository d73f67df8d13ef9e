-- Functions shared by the scripts of wrk: read the file of requests, check answers, and collect samples of wrong ones.

-- Return the bodies in a file of header lines, an empty line, and for each body its length, a newline and its bytes.
-- Add the headers to those of wrk.
function bodies_of(path)
  local file = assert(io.open(path, "rb"))
  for line in file:lines() do
    if line == "" then break end
    local name, value = line:match("^([^:]+): (.*)$")
    wrk.headers[name] = value
  end
  local bodies = {}
  for length in file:lines() do
    table.insert(bodies, file:read(tonumber(length)))
  end
  file:close()
  return bodies
end

-- Return true if a body contains a marker at least COUNT times.
function contains(body, marker, count)
  local from = 1
  for _ = 1, count do
    local _, last = body:find(marker, from, true)
    if not last then return false end
    from = last + 1
  end
  return true
end

threads = {}

function setup(thread)
  table.insert(threads, thread)
end

-- Return the first sample of a thread that has one, as JSON.
function first_sample()
  for _, thread in ipairs(threads) do
    if thread:get("sample") ~= "" then return quoted(thread:get("sample")) end
  end
  return '""'
end

function quoted(text)
  return '"' .. text:gsub('[%c"\\\128-\255]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

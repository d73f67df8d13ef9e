-- What the scripts of wrk share: the file of requests, what makes an answer right, and text in JSON.

-- The bodies of a file that has header lines, an empty line, then each body as its length, a newline and its bytes. The
-- headers are wrk's from then on.
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

-- Whether a body contains a marker so many times at least.
function contains(body, marker, count)
  local from = 1
  for _ = 1, count do
    local _, last = body:find(marker, from, true)
    if not last then return false end
    from = last + 1
  end
  return true
end

function quoted(text)
  return '"' .. text:gsub('[%c"\\\128-\255]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

-- Usage: answered requests by client and model, and the requests that count against quotas. The node reads them with
-- "show usage" at the runtime socket, twice a second. The counters only grow.

local counts = {} -- client;model -> requests, examples, bytes in, bytes out
local accepted = {} -- client -> requests
local models, known, most_known, longest = {}, 0, 10000, 140 -- path -> model, for paths of at most `longest` bytes
local limits = Map.new(os.getenv("GATEWAY_MAPS") .. "/quotas.map", Map._str)

local function model_of(path)
    local model = models[path]
    if not model then
        model = path:match("^/%a+/([%w._-]+)") or "-"
        if path:find("/models/", 1, true) == 4 then model = path:match("^/models/([%w._-]+)", 4) or "-" end
        if #path > longest then return model end -- not cached: a client may append any number of slashes
        if known >= most_known then models, known = {}, 0 end
        models[path], known = model, known + 1
    end
    return model
end

core.register_action("count", { "http-res" }, function(txn)
    local key = txn:get_var("txn.client") .. ";" .. model_of(txn:get_var("txn.path"))
    local row = counts[key]
    if not row then
        row = { 0, 0, 0, 0 }
        counts[key] = row
    end
    row[1] = row[1] + 1
    row[2] = row[2] + 1 + (txn:get_var("txn.more") or 0)
    row[3] = row[3] + (txn:get_var("txn.length") or 0)
    row[4] = row[4] + (txn:get_var("txn.sent") or 0)
end, 0)

local function exceeded(txn, limit, what, reset)
    refuse(txn, 429, ("%s quota of %d requests exceeded for this API key"):format(what, limit),
        ("it resets at %s"):format(os.date("!%Y-%m-%dT%H:%M:%SZ", reset)), math.max(1, reset - core.now().sec))
end

-- Returns the start of the next month in UTC, in seconds since the epoch.
local function next_month(now)
    local month, at = os.date("!%m", now), now - now % 86400
    repeat at = at + 86400 until os.date("!%m", at) ~= month
    return at
end

-- Refuses a request over its client's quota for this day or month. The map has the counts up to which requests may be
-- accepted, which the node computes from earlier usage. Without an entry, a client has its whole quotas.
core.register_action("quota", { "http-req" }, function(txn)
    local entry, client = txn:get_var("txn.entry"), txn:get_var("txn.client")
    local day, month = tonumber(txn.c:field(entry, 9, ";")) or 0, tonumber(txn.c:field(entry, 10, ";")) or 0
    local last = limits:lookup(client)
    local last_of_day, last_of_month = (last or ""):match("^(%-?%d+);(%-?%d+)$")
    local count, now = accepted[client] or 0, core.now().sec
    if day > 0 and count >= (tonumber(last_of_day) or day) then
        return exceeded(txn, day, "daily", now - now % 86400 + 86400)
    end
    if month > 0 and count >= (tonumber(last_of_month) or month) then
        return exceeded(txn, month, "monthly", next_month(now))
    end
    accepted[client] = count + 1
end, 0)

core.register_cli({ "show", "usage" }, "show usage: requests by client and model", function(applet)
    local lines = {}
    for key, row in pairs(counts) do
        lines[#lines + 1] = "answered;" .. key .. ";" .. table.concat(row, ";")
    end
    for client, count in pairs(accepted) do
        lines[#lines + 1] = "accepted;" .. client .. ";" .. count
    end
    applet:send(table.concat(lines, "\n") .. "\n")
end)

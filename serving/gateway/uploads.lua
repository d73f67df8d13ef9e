-- Expensive requests: their server, the limit for each client, and the time limit of their bodies.

local limit = tonumber(os.getenv("GATEWAY_BODY_SECONDS"))
-- Seconds until a refusal. It is random, because clients that retry at the same moment cost a TLS handshake each.
local least_patience, most_patience = 4, 6
local step, share = 20, 4 -- milliseconds between two checks, for each four requests of the client

-- Waits until this client has fewer expensive requests than its key allows. No other request runs before the next rule,
-- which counts this one.
core.register_action("wait_for_place", { "http-req" }, function(txn)
    local most = tonumber(txn.c:field(txn:get_var("txn.entry"), 7, ";")) or 1
    local client = txn:get_var("txn.client")
    local heavy, all = core.backends["per_heavy"].stktable, core.backends["per_client"].stktable
    local latest = clock() + least_patience + (most_patience - least_patience) * math.random()
    while clock() < latest do
        local found = heavy:lookup(client)
        if not found or found.conn_cur < most then
            return
        end
        local waiting = all:lookup(client)
        core.msleep(math.floor(step * math.max(1, (waiting and waiting.conn_cur or 1) / share)))
    end
    refuse(txn, 429, "limit of concurrent expensive requests exceeded for this API key",
        "wait for answers before you send more, or send smaller images", 1)
end, 0)

-- Returns the model in the path of a prediction, and its version with a slash before it.
local function named(path)
    local model, version = path:match("^/predictions/([^/]+)(.*)$")
    model = model or path:match("^/v1/models/(.+):predict$") or path:match("^/v2/models/(.+)/infer$")
    return model, version or ""
end

-- Sends a prediction to its model's registration for expensive ones, if the map has one.
local heavy = Map.new(os.getenv("GATEWAY_MAPS") .. "/heavy.map", Map._str)

core.register_action("send_apart", { "http-req" }, function(txn)
    local model, version = named(txn.f:path())
    txn.http:req_set_path("/predictions/" .. (heavy:lookup(model) or model) .. version)
end, 0)

-- HAProxy limits the time between two bytes. This filter limits the time for the whole body, and for the whole answer.
local Deadline = { id = "deadline", flags = filter.FLT_CFG_FL_HTX }
Deadline.__index = Deadline

function Deadline:new()
    return setmetatable({ began = {} }, Deadline)
end

function Deadline:start_analyze(txn, channel)
    filter.register_data_filter(self, channel)
end

function Deadline:http_payload(txn, message)
    local way, now = message.channel:is_resp(), core.now().sec
    self.began[way] = self.began[way] or now
    if now - self.began[way] > limit then
        txn:set_var("txn.late", true)
        error("a client was too slow")
    end
end

core.register_filter("deadline", Deadline, function(config)
    return config
end)

-- Each filter and each wait is a coroutine. Lua frees them only when it allocates, which may be never after a peak.
local calm, most_kilobytes = 2000, 1024

core.register_task(function()
    while true do
        core.msleep(calm)
        if collectgarbage("count") > most_kilobytes then
            collectgarbage()
        end
    end
end)

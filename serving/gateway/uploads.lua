-- Expensive requests: where they go, how many of a client are under way, and how long their bodies may take.

local limit = tonumber(os.getenv("GATEWAY_BODY_SECONDS"))
-- Seconds until a client is refused: not the same for all, for those who come again at once cost a handshake each.
local least_patience, most_patience = 4, 6
local step, share = 20, 4 -- milliseconds between two looks for each four requests of the client, which look by turns

-- Waits until this client has fewer expensive requests under way than its key allows. The rule that counts it comes next,
-- before any other client's turn.
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

-- The model that the path of a prediction names, and its version with a slash before it.
local function named(path)
    local model, version = path:match("^/predictions/([^/]+)(.*)$")
    model = model or path:match("^/v1/models/(.+):predict$") or path:match("^/v2/models/(.+)/infer$")
    return model, version or ""
end

-- Sends a prediction to the registration that the map names for expensive ones of its model.
local heavy = Map.new(os.getenv("GATEWAY_MAPS") .. "/heavy.map", Map._str)

core.register_action("send_apart", { "http-req" }, function(txn)
    local model, version = named(txn.f:path())
    txn.http:req_set_path("/predictions/" .. (heavy:lookup(model) or model) .. version)
end, 0)

-- HAProxy limits the time between two bytes. This limits the time for all of them, of the body and of the answer.
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

-- Each filter and each wait is a coroutine. Lua collects them when it next allocates, which may be never after a crowd.
local calm, most_kilobytes = 2000, 1024

core.register_task(function()
    while true do
        core.msleep(calm)
        if collectgarbage("count") > most_kilobytes then
            collectgarbage()
        end
    end
end)

-- Holds requests while the key changes, or while no worker is ready. Refuses them after GATEWAY_PATIENCE milliseconds,
-- because a refusal is better than a client that hangs.

local patience = tonumber(os.getenv("GATEWAY_PATIENCE"))
local step, soon = 10, 50 -- milliseconds; a new key comes within `soon`, a new JVM later
local runtime = Map.new(os.getenv("GATEWAY_RUNTIME"), Map._str)
local looked, held, open = 0, "all", false

-- Many requests wait and check often, so they share one check per millisecond. The status is that of the server,
-- because the backend is up whenever the server for second tries is.
local function look(now)
    if now > looked then
        looked = now
        held = runtime:lookup("held")
        open = core.backends["predictions"].servers["torchserve"]:get_stats()["status"]:sub(1, 2) == "UP"
    end
end

-- Waits until the condition holds, and adds the milliseconds to txn.held.
local function wait(txn, opened)
    local began = 1000 * clock()
    local now = began
    while now < began + patience do
        look(now)
        if opened() then
            txn:set_var("txn.held", (txn:get_var("txn.held") or 0) + math.floor(now - began + 0.5))
            return
        end
        core.msleep(now < began + soon and 2 or step)
        now = 1000 * clock()
    end
    refuse(txn, 503, "no worker is ready", "try again after Retry-After seconds", 1)
end

core.register_action("wait_until_ready", { "http-req" }, function(txn)
    wait(txn, function() return held ~= "all" and open end)
end, 0)

-- For expensive requests, which wait until TorchServe has read all requests with the old key.
core.register_action("wait_for_renewal", { "http-req" }, function(txn)
    wait(txn, function() return held == "none" end)
end, 0)

-- Reads a body that is too large, and then refuses it: a client that is still sending may never read the answer. Stops
-- reading at a size that no client sends by mistake.
local most, chunk = 256 * 1048576, 65536
local told = '{"code":413,"type":"TooLarge","message":"request body over 10 MiB",'
    .. '"hint":"send a smaller image, or several requests"}'

core.register_service("too_large", "http", function(applet)
    local read = 0
    while read < most do
        local part = applet:receive(chunk)
        if not part or #part == 0 then break end
        read = read + #part
    end
    applet:set_status(413)
    applet:add_header("content-type", "application/json")
    applet:add_header("content-length", #told)
    applet:start_response()
    applet:send(told)
end)

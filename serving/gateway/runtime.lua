-- Requests wait here while the key changes, or no worker is ready.
-- They are refused after GATEWAY_PATIENCE milliseconds: a refusal in time is better than a client that hangs.

local patience = tonumber(os.getenv("GATEWAY_PATIENCE"))
local step, soon = 10, 50 -- a new key is there within milliseconds, a new JVM is not
local runtime = Map.new(os.getenv("GATEWAY_RUNTIME"), Map._str)
local looked, held, open = 0, "all", false

-- Many requests wait and look often, so one look is for all. The backend as a whole is up even when the server is not,
-- for the server of the second try stands in for it.
local function look(now)
    if now > looked then
        looked = now
        held = runtime:lookup("held")
        open = core.backends["predictions"].servers["torchserve"]:get_stats()["status"]:sub(1, 2) == "UP"
    end
end

-- Wait until the condition holds, and note for how long.
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

-- For expensive requests, which wait while TorchServe answers those that have the key before the next.
core.register_action("wait_for_renewal", { "http-req" }, function(txn)
    wait(txn, function() return held == "none" end)
end, 0)

-- Refuses a body that is too large once it is read: who is answered while he still sends may never see the answer.
-- Of what is larger than anybody sends by mistake nothing more is read.
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

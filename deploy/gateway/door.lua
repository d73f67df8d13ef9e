-- Where requests wait while nobody may go in: the key changes, or no worker is ready.
-- Gives up after GATEWAY_PATIENCE milliseconds: a refusal in time is better than a client that hangs.

local patience = tonumber(os.getenv("GATEWAY_PATIENCE"))
local step = 5
local door = Map.new(os.getenv("GATEWAY_DOOR"), Map._str)

core.register_action("wait_at_the_door", { "http-req" }, function(txn)
    for _ = 1, patience / step do
        if door:lookup("held") == "no" and txn.f:nbsrv("predictions") > 0 then
            return
        end
        core.msleep(step)
    end
    local reply = txn:reply { status = 503, reason = "Service Unavailable" }
    reply:add_header("content-type", "application/json")
    reply:add_header("retry-after", "1")
    reply:set_body('{"code":503,"type":"ServiceUnavailable","message":"no worker is ready",'
        .. '"hint":"try again after Retry-After seconds"}')
    txn:done(reply)
end, 0)

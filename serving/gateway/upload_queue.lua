-- Queue of bodies of over 1 MiB. TLS, the JVM and a worker copy each of them several times, and many at once would take
-- the processor from small requests. The turn of a body lasts as long as its bytes need at the rate, or as long as the
-- work that cost.lua estimates, if that is more. So few bodies wait in the JVM, which would copy them once more.
--
-- The order is start-time fair queueing (Goyal, Vin and Cheng, 1996). The tag of a body is the end of its client's last
-- turn in seconds, or the tag of the last admitted body, if that is larger. The body with the lowest tag is next.

local rate = tonumber(os.getenv("GATEWAY_UPLOAD_RATE")) * 1e6 -- bytes per second
local long, longest = 1048576, 10485760 -- bytes
local most_work = 1.0 -- seconds; the worker refuses bodies with more work
local patience, step = 5, 10 -- seconds until a refusal, milliseconds between two checks
local forgotten = 1 -- seconds without a check: the client has disconnected

local waiting = {} -- ticket -> { tag, checked }
local last = 0 -- ticket
local admitted = 0 -- tag of the last admitted body
local ended = {} -- client -> end of its last turn
local free = 0 -- time from which the next body may be admitted

-- Returns whether no other ticket comes before this one.
local function is_next(mine, now)
    for ticket, other in pairs(waiting) do
        if now - other.checked > forgotten then
            waiting[ticket] = nil
        elseif other.tag < waiting[mine].tag or other.tag == waiting[mine].tag and ticket < mine then
            return false
        end
    end
    return true
end

core.register_action("wait_for_turn", { "http-req" }, function(txn)
    local size = math.min(tonumber(txn.f:req_hdr("content-length")) or longest, longest)
    -- The table has the clients of the last minute. A single client delays no other.
    if size <= long or core.backends["per_client"].stktable:info().used < 2 then return end
    local now, client = clock(), txn:get_var("txn.client")
    local turn = math.max(size / rate, math.min((txn:get_var("txn.work") or 0) / 1000, most_work))
    if next(waiting) == nil and now > free then
        ended, admitted = {}, 0
    end
    last = last + 1
    local mine, tag, latest = last, math.max(admitted, ended[client] or 0), now + patience
    ended[client] = tag + turn
    while now < latest do
        waiting[mine] = { tag = tag, checked = now }
        if now >= free and is_next(mine, now) then
            waiting[mine], admitted, free = nil, tag, now + turn
            return
        end
        core.msleep(step)
        now = clock()
    end
    waiting[mine] = nil
    refuse(txn, 503, "too many large request bodies",
        "try again after Retry-After seconds, or send a smaller body", 1)
end, 0)

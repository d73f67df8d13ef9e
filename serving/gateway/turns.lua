-- When a body of over 1 MiB may come in: such bodies share a rate, and the client that sent the least goes first. TLS, the
-- JVM and a worker copy each body several times, and what they copy at once takes the processor from everybody.
--
-- The order is that of start-time fair queueing (Goyal, Vin and Cheng, 1996): a body's tag is where its client's last one
-- ended, in bytes, or the tag of the last body that was let in, if that is more. The lowest tag is next.

local rate = tonumber(os.getenv("GATEWAY_UPLOAD_RATE")) * 1e6 -- bytes per second
local long, longest = 1048576, 10485760 -- bytes
local patience, step = 5, 10 -- seconds until a client is refused, milliseconds between two looks
local forgotten = 1 -- seconds without a look: the client has left

local waiting = {} -- ticket -> { tag, looked }
local last = 0 -- ticket
local served = 0 -- the tag of the last body that was let in
local ended = {} -- client -> where its last body ended
local free = 0 -- when the next body may come in

local function clock()
    local now = core.now()
    return now.sec + now.usec / 1e6
end

-- Looks for a ticket that is before this one.
local function is_next(mine, now)
    for ticket, other in pairs(waiting) do
        if now - other.looked > forgotten then
            waiting[ticket] = nil
        elseif other.tag < waiting[mine].tag or other.tag == waiting[mine].tag and ticket < mine then
            return false
        end
    end
    return true
end

core.register_action("wait_for_turn", { "http-req" }, function(txn)
    local size = math.min(tonumber(txn.f:req_hdr("content-length")) or longest, longest)
    -- The table of clients has those of the last minute: where one is alone, nobody waits for its bodies.
    if size <= long or core.backends["per_client"].stktable:info().used < 2 then return end
    local now, client = clock(), txn:get_var("txn.client")
    if next(waiting) == nil and now > free then
        ended, served = {}, 0
    end
    last = last + 1
    local mine, tag, latest = last, math.max(served, ended[client] or 0), now + patience
    waiting[mine], ended[client] = { tag = tag, looked = now }, tag + size
    while now < latest do
        waiting[mine] = { tag = tag, looked = now }
        if now >= free and is_next(mine, now) then
            waiting[mine], served, free = nil, tag, now + size / rate
            return
        end
        core.msleep(step)
        now = clock()
    end
    waiting[mine] = nil
    refuse(txn, 503, "all places for large bodies are taken",
        "try again after Retry-After seconds, or send less at once", 1)
end, 0)

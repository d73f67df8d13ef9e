-- Refusals for the other files. tests/contract/errors.py reads their calls for docs/api.md, so texts must be literals.

local reasons = { [429] = "Too Many Requests", [503] = "Service Unavailable" }

-- Ends the request with a JSON error. `retry` is in seconds.
function refuse(txn, status, message, hint, retry)
    local reply = txn:reply { status = status, reason = reasons[status] }
    reply:add_header("content-type", "application/json")
    reply:add_header("retry-after", tostring(retry))
    local kind = reasons[status]:gsub(" ", "")
    reply:set_body(('{"code":%d,"type":"%s","message":"%s","hint":"%s"}'):format(status, kind, message, hint))
    txn:done(reply)
end

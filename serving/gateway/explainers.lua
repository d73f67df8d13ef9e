-- Explainers of added models: each starts with the first request for it. "show wanted" at the runtime socket returns
-- the names for which requests wait. The node removes a name from asleep.map once TorchServe queues its requests.

local patience, step = 5000, 20 -- milliseconds
local asleep = Map.new(os.getenv("GATEWAY_MAPS") .. "/asleep.map", Map._str)
local wanted = {} -- set of names

core.register_action("wait_for_explainer", { "http-req" }, function(txn)
    local name = txn:get_var("txn.explainer")
    for _ = 1, patience / step do
        if not asleep:lookup(name) then return end
        wanted[name] = true
        core.msleep(step)
    end
    refuse(txn, 503, "the explainer of this model has not started yet", "try again after Retry-After seconds", 5)
end, 0)

core.register_cli({ "show", "wanted" }, "show wanted: explainers that requests wait for", function(applet)
    local names = {}
    for name in pairs(wanted) do names[#names + 1] = name end
    wanted = {}
    applet:send(table.concat(names, "\n") .. "\n")
end)

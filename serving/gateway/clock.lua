-- Clock for the other files.

-- Returns the seconds since 1970, with microseconds.
function clock()
    local now = core.now()
    return now.sec + now.usec / 1e6
end

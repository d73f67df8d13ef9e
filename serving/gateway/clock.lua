-- The clock of the other files.

-- Seconds since 1970, with microseconds.
function clock()
    local now = core.now()
    return now.sec + now.usec / 1e6
end

-- Estimates the cost of a request from the headers of the files in it. Sets txn.pool to files or heavy, a separate
-- server for such requests, or leaves it unset for cheap ones.
--
-- inference/images/headers and inference/images/image_cost.py have the limits of the worker, which always apply. The
-- estimate only decides where a request waits, so an unknown format counts as heavy.

local light = 0.0006 -- seconds
local normalise, fits = 0.0012, 0.0002 -- seconds for a picture of any other size, and of the network's size
local unknown = 1.0 -- seconds: heavy
local pixels = 5e-8 -- seconds per byte of pixels or numbers; 100 images are heavy, because they may be unevenly lit
local text = 1e-7 -- seconds per byte of a long JSON text, to forward, parse and convert it
local transfer = 2e-8 -- seconds per byte of a file, in addition to its picture: TorchServe copies it several times
local long = 1048576 -- bytes; longer bodies are always heavy
local most_files = 32 -- files to check in one request
local head = 4096 -- base64 characters to decode of a file

-- Nanoseconds per pixel, as in inference/images/image_cost.py; for PNG by colour type.
local png_speed = { [0] = 11, [2] = 26, [3] = 13, [4] = 36, [6] = 41 }
local speed = { jpeg = 10, reduced = 2.4, scan = 0.5, gif = 15, bmp = 12, webp = 50, tiff = 110 }
local draft = 448 -- pixels; a JPEG with both sides twice as long is decoded to a smaller size

local own = 0 -- pixels of the network's picture in this request; one variable is enough, because estimates do not overlap

local function seconds(width, height, nanoseconds)
    local pixels = width * height
    return pixels * nanoseconds * 1e-9 + (pixels == own and fits or normalise)
end

local function png(body)
    if #body < 29 then return 0 end
    local width, height, depth, colour = string.unpack(">I4I4BB", body, 17)
    return seconds(width, height, (png_speed[colour] or speed.tiff) * (depth == 16 and 1.4 or 1))
end

local function jpeg(body)
    local at = 3
    while at + 8 <= #body do
        local mark, code, length = string.unpack(">BBI2", body, at)
        if mark ~= 0xFF then return unknown end
        if code >= 0xC0 and code <= 0xCF and code ~= 0xC4 and code ~= 0xC8 and code ~= 0xCC then
            local height, width = string.unpack(">I2I2", body, at + 5)
            local each = math.min(width, height) >= 2 * draft and speed.reduced or speed.jpeg
            if code < 0xC2 then return seconds(width, height, each) end
            local _, scans = body:gsub("\xFF\xDA", "")
            return seconds(width, height, each + speed.scan * scans)
        end
        at = at + 2 + length
    end
    return unknown
end

local function gif(body)
    if #body < 10 then return 0 end
    local width, height = string.unpack("<I2I2", body, 7)
    return seconds(width, height, speed.gif)
end

local function bmp(body)
    if #body < 26 then return 0 end
    local size = string.unpack("<I4", body, 15)
    local width, height = string.unpack(size == 12 and "<I2I2" or "<i4i4", body, 19)
    return seconds(math.abs(width), math.abs(height), speed.bmp)
end

local function webp(body)
    if #body < 30 then return unknown end
    local kind, width, height = body:sub(13, 16)
    if kind == "VP8 " then
        width, height = string.unpack("<I2I2", body, 27)
        width, height = width & 0x3FFF, height & 0x3FFF
    elseif kind == "VP8L" then
        local bits = string.unpack("<I4", body, 22)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else
        width, height = string.unpack("<I3I3", body, 25)
        width, height = width + 1, height + 1
    end
    return seconds(width, height, speed.webp)
end

local function tiff(body)
    local order = body:sub(1, 2) == "II" and "<" or ">"
    local at = string.unpack(order .. "I4", body, 5) + 1
    if at + 2 > #body then return unknown end
    local sides = {}
    local count = string.unpack(order .. "I2", body, at)
    for entry = at + 2, at + 2 + 12 * (count - 1), 12 do
        if entry + 12 > #body then break end
        local tag, kind = string.unpack(order .. "I2I2", body, entry)
        if tag == 256 or tag == 257 then
            sides[tag] = string.unpack(order .. (kind == 3 and "I2" or "I4"), body, entry + 8)
        end
    end
    if not (sides[256] and sides[257]) then return unknown end
    return seconds(sides[256], sides[257], speed.tiff)
end

local readers = {
    { "\x89PNG\r\n\x1a\n", png },
    { "\xFF\xD8\xFF", jpeg },
    { "GIF8", gif },
    { "BM", bmp },
    { "RIFF", webp },
    { "II*\0", tiff },
    { "MM\0*", tiff },
}

-- Returns the seconds for bytes that begin with a file; nil for other bytes.
local function file(body)
    for _, reader in ipairs(readers) do
        local magic, read = reader[1], reader[2]
        if body:sub(1, #magic) == magic then
            local good, cost = pcall(read, body)
            return good and cost or unknown
        end
    end
end

-- Returns the seconds for the files of a form, and their number.
local function form(body)
    local cost, count, at = 0, 0, 1
    for _ = 1, most_files do
        local _, last = body:find("\r\n\r\n", at, true)
        if not last then break end
        local found = file(body:sub(last + 1))
        if found then cost, count = cost + found, count + 1 end
        at = last + 1
    end
    return cost, count
end

-- Returns the seconds for the base64 files in a JSON text, and their number.
local function json(body, decode)
    local cost, count = 0, 0
    for text in body:gmatch('"([%w+/\\_:;,.-]+=*)') do
        if #text > 32 then
            if count == most_files then return unknown, count end
            local plain = text:gsub("^data:[^,]*,", ""):gsub("\\[nrt]", ""):gsub("\\", ""):gsub("-", "+"):gsub("_", "/")
            local bytes = decode(plain:sub(1, head))
            cost, count = cost + (bytes and file(bytes) or 0), count + 1
        end
    end
    return cost, count
end

-- Returns the seconds for the files of a binary tensor, each after its length in four bytes, and their number.
local function tensor(body, at)
    local cost, count = 0, 0
    while count < most_files and at + 4 <= #body do
        local size = string.unpack("<I4", body, at)
        local found = file(body:sub(at + 4, at + 3 + size))
        if not found then break end
        cost, count, at = cost + found, count + 1, at + 4 + size
    end
    return cost, count
end

-- Returns the seconds for a request. For a long one returns `unknown`, which is heavy, and its seconds as a second
-- value.
local function estimate(txn)
    local width, height = (txn:get_var("txn.size") or ""):match("^(%x%x%x%x%x%x%x%x)(%x+)$")
    own = width and tonumber(width, 16) * tonumber(height, 16) or 0
    local body = txn.f:req_body() or ""
    local length = tonumber(txn.f:req_hdr("content-length"))
    if not length or txn.f:req_hdr("content-encoding") then return unknown end
    local cost = file(body)
    if length > long then
        local forms, count = 0, 0
        if body:sub(1, 2) == "--" then forms, count = form(body) end
        local each = body:find("^%s*[{%[]") and text or pixels
        return unknown, cost or count > 0 and forms or length * each
    end
    if cost then return cost + length * transfer end
    local count
    local head = (txn.f:req_hdr("inference-header-content-length") or ""):match("^%d%d?%d?%d?%d?$")
    if head and body:find("BYTES", 1, true) then
        cost, count = tensor(body, tonumber(head) + 1)
    elseif body:sub(1, 2) == "--" then
        cost, count = form(body)
    elseif body:find("b64", 1, true) or body:find("BYTES", 1, true) then
        cost, count = json(body, function(text) return txn.c:b64dec(text .. ("="):rep(-#text % 4)) end)
    else
        cost, count = 0, 0
    end
    -- The rest of the body is assumed to be like the part that has arrived.
    if count == 0 then cost = length * pixels end
    if count > 1 and length > #body then cost = cost * length / #body end
    return cost
end

local clients -- table of the clients of the last minute

-- The argument is the number of seconds from which a request is heavy. Sets txn.work to the milliseconds of a long
-- body.
core.register_action("estimate", { "http-req" }, function(txn, heavy)
    local cost, work = estimate(txn)
    if work then txn:set_var("txn.work", math.floor(1000 * work)) end
    if cost >= tonumber(heavy) then
        txn:set_var("txn.pool", "heavy")
    elseif cost >= light then
        clients = clients or core.backends["per_client"].stktable
        -- The files of the only client delay no other client.
        if clients:info().used > 1 then
            txn:set_var("txn.pool", "files")
        end
    end
end, 1)

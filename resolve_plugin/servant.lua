-- A servant of 'otio-bridge listen' for Resolve editions whose Lua is sandboxed (free 21.1 and later).
-- It reads one call at a time by loadfile, makes it, and answers in hex through the preferences.
-- The four words in capitals are filled in by 'otio-bridge install resolve'.
local ACTION, FOLDER, HOW = @ACTION@, @FOLDER@, @HOW@
local SILENT_SECONDS, PAUSE = 20, 0.02
local SESSION = tostring({}):gsub("%W", "") .. os.time()
local known = {[0] = resolve}

local function read(name, ...)
    local chunk = loadfile(FOLDER .. name)
    if not chunk then return nil end
    local fine, found = pcall(chunk, ...)
    if fine then return found end
    return nil
end

local function attended()
    local beat = read("alive.lua")
    return beat ~= nil and os.time() - beat <= SILENT_SECONDS
end

local function tell(key, number, text)
    local hex = text:gsub(".", function(one) return string.format("%02x", one:byte()) end)
    local words = {"OTIO1" .. key, SESSION, number, #text, hex, "END"}
    fusion:SetPrefs("OTIOBridge." .. key, table.concat(words, ":"))
    fusion:SavePrefs()
end

local function quoted(text)
    return '"' .. text:gsub('[%c"\\]', function(one)
        return string.format("\\u%04x", one:byte())
    end) .. '"'
end

local function numbered(value)
    if value ~= value or value == math.huge or value == -math.huge then return "null" end
    if value == math.floor(value) and math.abs(value) < 2 ^ 53 then
        return string.format("%.0f", value)
    end
    return string.format("%.17g", value)
end

local function call(target, name, count, given)
    return target[name](target, unpack(given or {}, 1, count or 0))
end

local encoded

-- Things of Resolve stay here; what leaves is their number, and what was asked of them beforehand.
local function object(value, also)
    known[#known + 1] = value
    local number, told = #known, {}
    for index, ask in ipairs(also or {}) do
        local fine, found = pcall(call, value, ask.name, ask.count, ask.given)
        if not fine then found = nil end
        told[index] = encoded(found, ask.also)
    end
    return '{"@":' .. number .. ',"known":[' .. table.concat(told, ",") .. "]}"
end

local function tabled(value, also)
    local parts = {}
    for index = 1, #value do parts[index] = encoded(value[index], also) end
    if #parts > 0 or next(value) == nil then return "[" .. table.concat(parts, ",") .. "]" end
    for key, one in pairs(value) do
        parts[#parts + 1] = quoted(tostring(key)) .. ":" .. encoded(one, also)
    end
    return "{" .. table.concat(parts, ",") .. "}"
end

function encoded(value, also)
    local kind = type(value)
    if kind == "nil" then return "null" end
    if kind == "boolean" then return tostring(value) end
    if kind == "number" then return numbered(value) end
    if kind == "string" then return quoted(value) end
    if kind == "table" and getmetatable(value) == nil then return tabled(value, also) end
    return object(value, also)
end

local function answered(request)
    local target = known[request.target]
    if request.value then return encoded(target[request.name]) end
    local fine, found = pcall(call, target, request.name, request.count, request.given)
    if fine then return encoded(found, request.also) end
    return '{"!":' .. quoted(tostring(found)) .. "}"
end

if not attended() then
    print(HOW)
    error(HOW, 0)
end
tell("Hello", 0, ACTION)
local seen = 0
while attended() do
    local request = read("request.lua", function(number) return known[number] end)
    if request and request.session == SESSION and request.number ~= seen then
        seen = request.number
        if request.over then break end
        tell("Answer", seen, answered(request))
    end
    bmd.wait(PAUSE)
end

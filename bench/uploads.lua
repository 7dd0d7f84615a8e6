-- For wrk: `LIST FORM COUNT`. Uploads COUNT JPEGs, those of LIST (a path in each line) in turn. FORM `direct`: a POST with the bytes;
-- `presigned`: a POST for a grant, then a PUT to its URL. Prints how long it took until all were answered, as JSON.
local ffi = require('ffi')
ffi.cdef('typedef struct { long seconds, nanoseconds; } moment; int clock_gettime(int, moment *);')
local MONOTONIC = 1
local GRANT = '{"user_id":"ada","content_type":"image/jpeg","filename":"photo.jpg"}'

local pictures, direct, urls = {}, {}, {}
local is_presigned, count
local begun, sent, answered, failed = 0, 0, 0, 0
local is_tried, start = false, nil

local function microseconds()
  local now = ffi.new('moment')
  ffi.C.clock_gettime(MONOTONIC, now)
  return tonumber(now.seconds) * 1e6 + tonumber(now.nanoseconds) / 1e3
end

local function jpeg(method, path, bytes)
  return wrk.format(method, path, { ['Content-Type'] = 'image/jpeg' }, bytes)
end

function init(arguments)
  for path in io.lines(arguments[1]) do
    local file = assert(io.open(path, 'rb'))
    pictures[#pictures + 1] = file:read('*a')
    file:close()
    direct[#direct + 1] = jpeg('POST', '/images/upload?user_id=ada&filename=photo.jpg', pictures[#pictures])
  end
  is_presigned, count = arguments[2] == 'presigned', tonumber(arguments[3])
end

-- Who finds nothing to begin waits until the others are answered.
function delay()
  return (#urls > 0 or begun < count) and 0 or 3600000
end

function request()
  if not is_tried then -- by wrk itself, before it connects
    is_tried = true
    return direct[1]
  end
  start = start or microseconds()
  if #urls > 0 then
    sent = sent + 1
    return jpeg('PUT', table.remove(urls), pictures[sent % #pictures + 1])
  end
  if begun == count then return nil end -- another connection took the last URL
  begun = begun + 1
  if not is_presigned then return direct[begun % #direct + 1] end
  return wrk.format('POST', '/images/upload', { ['Content-Type'] = 'application/json' }, GRANT)
end

function response(status, _, body)
  if status ~= 200 then failed = failed + 1 end
  local url = is_presigned and body:match('"upload_url":"https?://[^/]+([^"]+)"')
  if url then
    urls[#urls + 1] = url
    return
  end
  answered = answered + 1
  if answered < count then return end
  print(string.format('{"requests":%d,"microseconds":%d,"failed":%d}', answered, microseconds() - start, failed))
  io.stdout:flush()
  os.exit(0)
end

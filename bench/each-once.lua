-- For wrk: asks for each line of a file once, `METHOD PATH -`, and when all are answered prints how long that took, as JSON.
local ffi = require('ffi')
ffi.cdef('typedef struct { long seconds, nanoseconds; } moment; int clock_gettime(int, moment *);')
local MONOTONIC = 1

local requests, sent, answered, failed = {}, 0, 0, 0
local is_tried, start = false, nil

local function microseconds()
  local now = ffi.new('moment')
  ffi.C.clock_gettime(MONOTONIC, now)
  return tonumber(now.seconds) * 1e6 + tonumber(now.nanoseconds) / 1e3
end

function init(arguments)
  for line in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format(line:match('^(%S+) (%S+) %-$'))
  end
end

-- Who finds nothing left to ask waits until the others are answered.
function delay()
  return sent < #requests and 0 or 3600000
end

function request()
  if not is_tried then -- by wrk itself, before it connects
    is_tried = true
    return requests[1]
  end
  start = start or microseconds()
  sent = sent + 1
  return requests[sent]
end

function response(status)
  answered = answered + 1
  if status ~= 200 then failed = failed + 1 end
  if answered < #requests then return end
  print(string.format('{"requests":%d,"microseconds":%d,"failed":%d}', answered, microseconds() - start, failed))
  io.stdout:flush()
  os.exit(0)
end

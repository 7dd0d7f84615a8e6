-- For wrk: asks for the lines of a file in turn, `METHOD PATH TOKEN [BODY]` (`-`: no token), and at the end prints what it saw as JSON.
local requests, at = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local method, path, token, body = line:match('^(%S+) (%S+) (%S+) ?(.*)$')
    local headers = {}
    if token ~= '-' then headers['Authorization'] = 'Bearer ' .. token end
    if body ~= '' then headers['Content-Type'] = 'application/json' end
    requests[#requests + 1] = wrk.format(method, path, headers, body ~= '' and body or nil)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format(
    '{"requests":%d,"microseconds":%d,"bytes":%d,"failed":%d,"p50":%d,"p99":%d}',
    summary.requests, summary.duration, summary.bytes, failed, latency:percentile(50), latency:percentile(99)
  ))
end

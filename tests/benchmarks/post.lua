-- Posts the bodies of a folder in turn: wrk -s post.lua URL -- FOLDER COUNT [BYTES OF JSON]
local requests, next_one = {}, 0

function init(args)
  local headers = { ["Content-Type"] = "application/json" }
  if args[3] then
    headers["Content-Type"] = "application/octet-stream"
    headers["Inference-Header-Content-Length"] = args[3]
  end
  for i = 0, tonumber(args[2]) - 1 do
    local file = assert(io.open(args[1] .. "/" .. i, "rb"))
    requests[i] = wrk.format("POST", wrk.path, headers, file:read("*a"))
    file:close()
  end
end

function request()
  next_one = (next_one + 1) % (#requests + 1)
  return requests[next_one]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "errors": %d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e6, latency:percentile(99) / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end

-- For wrk: votes with a time of their own each, and the outcome as a line of JSON.
local n, offset = 0, tonumber(os.getenv("BENCH_SECOND") or "0")
local key = os.getenv("BENCH_KEY")
if key then wrk.headers["Authorization"] = "Bearer " .. key end

if os.getenv("BENCH_VOTES") then
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  request = function()
    n = n + 1
    return wrk.format(nil, nil, nil, string.format(
      '{"candidate":"%d","vote_time":"2026-01-01T%02d:%02d:%02d.%06dZ","kiosk_id":%d}',
      n % 3 + 1, offset / 3600, offset / 60 % 60, offset % 60, n, n % 500))
  end
end

-- A vote from each connection every so many milliseconds, instead of as fast as they are taken.
local pause = tonumber(os.getenv("BENCH_PAUSE_MS") or "0")
if pause > 0 then delay = function() return pause end end

done = function(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end

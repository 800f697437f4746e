-- For wrk. After the URL and "--":
--   run KEYS [WEBHOOK]  POST /api/agents/probe/run, asynchronous; the keys of the file KEYS take turns
--   get KEYS IDS        GET /api/executions/{id}; line n of IDS belongs to the key in line n of KEYS, and the file
--                       KEYS may be shorter: then it begins anew
-- Ends with one line of JSON.

local requests, at = {}, 0

local function lines(path)
  local all = {}
  for line in io.lines(path) do all[#all + 1] = line end
  return all
end

local function body(webhook)
  local hook = webhook and ',"webhook_url":"' .. webhook .. '"' or ""
  return '{"input_payload":{"payload":{"subject":"Re: Budget for Q3","from":"ann@example.com","unread":true,'
    .. '"text":"Please find the figures for the third quarter below. We are 4 % above plan; the largest item is '
    .. 'travel.","labels":["work","budget"],"score":0.93}},"async":true' .. hook .. "}"
end

function init(args)
  local keys = lines(args[2])
  if args[1] == "run" then
    local text = body(args[3])
    for i, key in ipairs(keys) do
      requests[i] = wrk.format("POST", "/api/agents/probe/run",
        { ["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json" }, text)
    end
  else
    for i, id in ipairs(lines(args[3])) do
      requests[i] = wrk.format("GET", "/api/executions/" .. id,
        { ["Authorization"] = "Bearer " .. keys[(i - 1) % #keys + 1] })
    end
  end
  math.randomseed(os.time())
  at = math.random(#requests)
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"seconds":%.3f,"per_second":%.1f,"p50_ms":%.3f,"p99_ms":%.3f,'
    .. '"failed":%d}\n', summary.requests, summary.duration / 1e6, summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end

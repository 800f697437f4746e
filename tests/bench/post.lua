-- What a sender sends, from wrk: a POST with a body and headers of the same sizes.
wrk.method = "POST"
wrk.body = '{"event":"schedule.fired","number":0,"filling":"' .. string.rep("x", 400) .. '"}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-Agentiv-Signature"] = "sha256=" .. string.rep("0", 64)
wrk.headers["X-Agentiv-Event"] = "schedule.fired"
wrk.headers["X-Agentiv-Delivery"] = "dlv_" .. string.rep("0", 26)
wrk.headers["webhook-id"] = "evt_" .. string.rep("0", 26)
wrk.headers["webhook-timestamp"] = tostring(os.time())
wrk.headers["webhook-signature"] = "v1," .. string.rep("A", 44)

function done(summary, latency)
	local e = summary.errors
	print(string.format('{"per_second":%.1f,"failed":%d}', summary.requests / summary.duration * 1e6,
		e.connect + e.read + e.write + e.status + e.timeout))
end
